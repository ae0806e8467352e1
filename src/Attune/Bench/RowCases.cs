using Attune.Engine;
using Attune.Engine.Backends;

namespace Attune.Bench;

/// <summary>What passes over rows of activations once: norms, gates, sums, look-ups, the loss. Memory is the bound of most.</summary>
internal static class RowCases
{
    private const string Group = "rows";

    public static IEnumerable<KernelCase> Of(CaseSizes s) => [.. Norms(s), .. Gates(s), .. Pointwise(s), .. Tables(s)];

    private static IEnumerable<KernelCase> Norms(CaseSizes s)
    {
        var c = s.Model.Hidden;
        var t = s.RowsOf(c);
        yield return Case("RMSNorm", m => (m.Random(t, c), m.Random(1, c), m.New(DType.F32, t, c), m.New(DType.F32, 1, t)),
            (b, x) => b.Norms.RmsNorm(x.Item1, x.Item2, 1e-5f, x.Item3, x.Item4));
        yield return Case("norms of adapted rows", m => (m.Random(1, c), m.New(DType.F32, c, 16), m.Random(16, c), m.New(DType.F32, 1, c)),
            (b, x) => b.Norms.LowRankNorms(x.Item1, x.Item2, x.Item3, x.Item4));
        yield return Case("RMSNorm, backward", m => (m.Random(t, c), m.Random(t, c), m.Random(1, c), m.Random(1, t), m.New(DType.F32, t, c), m.New(DType.F32, 1, c)),
            (b, x) => b.Norms.RmsNormBackward(x.Item1, x.Item2, x.Item3, x.Item4, x.Item5, 0, x.Item6, 0));
        yield return Case("LayerNorm", m => (m.Random(t, c), m.Random(1, c), m.New(DType.F32, t, c), m.New(DType.F32, 1, t), m.New(DType.F32, 1, t)),
            (b, x) => b.Norms.LayerNorm(x.Item1, x.Item2, x.Item2, 1e-5f, x.Item3, x.Item4, x.Item5));
        yield return Case("LayerNorm, backward", m => (m.Random(t, c), m.Random(t, c), m.Random(1, c), m.Random(1, t), m.New(DType.F32, t, c), m.New(DType.F32, 2, c)),
            (b, x) => b.Norms.LayerNormBackward(x.Item1, x.Item2, x.Item3, x.Item4, x.Item4, x.Item5, 0, x.Item6.RowRange(0, 1), 0, x.Item6.RowRange(1, 1), 0));
    }

    private static IEnumerable<KernelCase> Gates(CaseSizes s)
    {
        var f = s.Model.FeedForward;
        var t = s.RowsOf(f);
        var of = s.Model.Activation;
        yield return Case("gate", m => (m.Random(t, f), m.Random(t, f), m.New(DType.F32, t, f)), (b, x) => b.Pointwise.Gate(of, x.Item1, x.Item2, x.Item3));
        yield return Case("gate, backward", m => (m.Random(t, f), m.Random(t, f), m.Random(t, f), m.New(DType.F32, t, f), m.New(DType.F32, t, f)),
            (b, x) => b.Pointwise.GateBackward(of, x.Item1, x.Item2, x.Item3, x.Item4, 0, x.Item5, 0));
        foreach (var function in Enum.GetValues<Activation>())
        {
            yield return Case($"{function}", m => (m.Random(t, f), m.New(DType.F32, t, f)), (b, x) => b.Pointwise.Activate(function, x.Item1, x.Item2));
            yield return Case($"{function}, backward", m => (m.Random(t, f), m.Random(t, f), m.New(DType.F32, t, f)),
                (b, x) => b.Pointwise.ActivateBackward(function, x.Item1, x.Item2, x.Item3, 0));
        }
    }

    private static IEnumerable<KernelCase> Pointwise(CaseSizes s)
    {
        var c = s.Model.Hidden;
        var t = s.RowsOf(c);
        yield return Case("fill", m => m.New(DType.F32, t, c), (b, x) => b.Pointwise.Fill(x, 1));
        yield return Case("add", m => (m.Random(t, c), m.Random(t, c), m.New(DType.F32, t, c)), (b, x) => b.Pointwise.Add(x.Item1, x.Item2, x.Item3));
        yield return Case("add, scaled", m => (m.Random(t, c), m.New(DType.F32, t, c)), (b, x) => b.Pointwise.AddScaled(x.Item1, 0.5f, x.Item2, 0.5f));
        yield return Case("add bias", m => (m.Random(t, c), m.Random(1, c)), (b, x) => b.Pointwise.AddBias(x.Item1, x.Item2));
        yield return Case("sum of rows", m => (m.Random(t, c), m.New(DType.F32, 1, c)), (b, x) => b.Pointwise.SumRows(x.Item1, x.Item2, 0));
        yield return Case("uniform noise", m => (m.Random(t, c), m.New(DType.F32, t, c)), (b, x) => b.Pointwise.AddNoise(x.Item1, new float[t], RandomKey.OfSeed(1), null, x.Item2));
        yield return Case("scale columns", m => (m.Random(t, c), m.Random(1, c), m.New(DType.F32, t, c)), (b, x) => b.Pointwise.ScaleColumns(x.Item1, x.Item2, null, x.Item3, 0));
        yield return Case("dots of columns", m => (m.Random(t, c), m.Random(t, c), m.New(DType.F32, 1, c)), (b, x) => b.Pointwise.DotColumns(x.Item1, x.Item2, x.Item3, 0));
        yield return Case("dropout", m => (m.Random(t, c), m.New(DType.F32, t, c)), (b, x) => b.Pointwise.Dropout(x.Item1, 0.1f, RandomKey.OfSeed(1), null, x.Item2, 0));
    }

    private static IEnumerable<KernelCase> Tables(CaseSizes s)
    {
        var (c, v) = (s.Model.Hidden, s.Model.Vocabulary);
        var t = s.RowsOf(c);
        yield return Case("embedding", m => (m.Random(v, c), m.Indices(t, v), m.New(DType.F32, t, c)), (b, x) => b.Index.Gather(x.Item1, x.Item2, x.Item3));
        yield return Case("embedding, backward", m => (m.Random(t, c), m.Indices(t, v), m.New(DType.F32, v, c)), (b, x) => b.Index.ScatterAdd(x.Item1, x.Item2, x.Item3));
        var n = s.LossRows;
        yield return Case("cross-entropy and its gradient", m => (m.Random(n, v), m.Indices(n, v), m.Random(1, n), m.New(DType.F32, 1, n)),
            (b, x) => b.Loss.CrossEntropy(x.Item1, x.Item2, x.Item3, 1, x.Item4, gradients: true));
        yield return Case("divergence and its gradient", m => (m.Random(n, v), m.Random(n, v), m.Random(1, n), m.New(DType.F32, 1, n)),
            (b, x) => b.Loss.Divergence(x.Item1, x.Item2, x.Item3, new(0.5f, 0.5f, 0.5f), 1, 1, x.Item4, gradients: true));
        yield return Case("distance of rows and its gradient", m => (m.Random(t, c), m.Random(t, c), m.Random(1, t), m.New(DType.F32, 1, t)),
            (b, x) => b.Loss.Distance(x.Item1, x.Item2, x.Item3, RowDistance.Cosine, 1, x.Item4, gradients: true));
    }

    private static KernelCase Case<T>(string name, Func<CaseMemory, T> operands, Action<Backend, T> run) => new(Group, name, memory =>
    {
        var x = operands(memory);
        return backend => run(backend, x);
    });
}
