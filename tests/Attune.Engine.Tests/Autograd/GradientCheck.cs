using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;

namespace Attune.Engine.Tests.Autograd;

/// <summary>
/// Compares the gradients of a function of the tape with central differences, in double precision, for each input alone and for all
/// together; and holds that keeping, recomputing and accumulating give the same.
/// </summary>
internal static class GradientCheck
{
    private const double Step = 1e-5;

    /// <summary>Checks one operation.</summary>
    /// <param name="op">Makes the operation from inputs.</param>
    /// <param name="unitSeed">Where the operation demands an upstream gradient of 1.</param>
    public static void Of(Func<Inputs, Op> op, bool unitSeed = false) => Of((t, inputs) => t.Run(op(inputs)), unitSeed);

    /// <summary>Checks a function of several operations.</summary>
    public static void Of(Func<Tape, Inputs, Var> function, bool unitSeed = false)
    {
        var count = Gradients(function, static _ => false, unitSeed).Length;
        var all = Gradients(function, static _ => true, unitSeed);
        for (var i = 0; i < count; i++)
        {
            var alone = Gradients(function, n => n == i, unitSeed);
            for (var other = 0; other < count; other++)
                Assert.True(alone[other] is null == (other != i), $"input {other} when only {i} trains");
            Compare(i, Differences(function, i, all[i]!, unitSeed), alone[i]!, 1e-6);
            Compare(i, alone[i]!, all[i]!, 1e-12);
            foreach (var keep in Enum.GetValues<Keep>())
                CompareKept(function, keep, n => n == i, unitSeed, alone);
        }
        foreach (var keep in Enum.GetValues<Keep>())
            CompareKept(function, keep, static _ => true, unitSeed, all);
        CompareAccumulated(function, unitSeed, all);
    }

    /// <summary>An arena whose memory holds NaN, so that reading what nobody wrote shows.</summary>
    public static Arena PoisonedArena(long bytes = 1 << 16)
    {
        var storage = Storage.Native(bytes);
        var whole = Tensor.Over(storage, 0, DType.F64, 1, (int)(bytes / sizeof(double)));
        whole.Row<double>(0).Fill(double.NaN);
        return new Arena(storage);
    }

    private static double[,]?[] Gradients(Func<Tape, Inputs, Var> function, Func<int, bool> trains, bool unitSeed, int passes = 1)
    {
        var inputs = new Inputs(trains);
        using var arena = PoisonedArena();
        for (var pass = 0; pass < passes; pass++)
        {
            // An operation in place uses its inputs up: a second pass has others with the same values, but the same parameters.
            var again = new Inputs(trains);
            using (var tape = new Tape(new ReferenceBackend<double>(), arena))
            {
                var flowing = pass == 0 ? inputs : inputs.Again([.. Fresh(function, again)]);
                var output = function(tape, flowing);
                tape.Backward([output], [Seed(output.Value, unitSeed)]);
                if (pass == passes - 1)
                    return [.. inputs.All.Select(Snapshot)];
            }
            Assert.Equal(0, arena.InUse);
        }
        throw new ArgumentOutOfRangeException(nameof(passes));
    }

    /// <summary>Flowing inputs with the values of the first pass.</summary>
    private static Var[] Fresh(Func<Tape, Inputs, Var> function, Inputs again)
    {
        using var arena = PoisonedArena();
        using var tape = new Tape(new DryRunBackend(new ReferenceBackend<double>()), arena, record: false);
        function(tape, again);
        return [.. again.Flowing.Select(static v => new Var(v.Value, v.NeedsGrad))];
    }

    private static void CompareKept(
        Func<Tape, Inputs, Var> function, Keep keep, Func<int, bool> trains, bool unitSeed, double[,]?[] expected)
    {
        var inputs = new Inputs(trains);
        Fresh(function, inputs);
        var leaves = inputs.Flowing.Select(static v => new Var(v.Value, v.NeedsGrad)).ToArray();
        using var arena = PoisonedArena();
        using (var tape = new Tape(new ReferenceBackend<double>(), arena))
        {
            // A copy first: a segment's body may not overwrite the segment's inputs, and some operations work in place.
            var outs = tape.Segment(leaves, keep, (t, vars) =>
                [function(t, inputs.Again([.. vars.Select(v => t.Run(new UniformNoise(v, new float[v.Value.Rows], default)))]))]);
            tape.Backward(outs, [Seed(outs[0].Value, unitSeed)]);
            var flowing = 0;
            for (var i = 0; i < expected.Length; i++)
            {
                var actual = Snapshot(inputs.All[i] is Parameter p ? p : leaves[flowing++]);
                Assert.Equal(expected[i] is null, actual is null);
                if (actual is not null)
                    Compare(i, expected[i]!, actual, 0);
            }
        }
        Assert.Equal(0, arena.InUse);
    }

    private static void CompareAccumulated(Func<Tape, Inputs, Var> function, bool unitSeed, double[,]?[] once)
    {
        var twice = Gradients(function, static _ => true, unitSeed, passes: 2);
        var parameters = new Inputs(static _ => true);
        Fresh(function, parameters);
        for (var i = 0; i < once.Length; i++)
        {
            if (parameters.All[i] is not Parameter)
                continue;
            var doubled = (double[,])once[i]!.Clone();
            foreach (var (r, c) in Cells(doubled))
                doubled[r, c] *= 2;
            Compare(i, doubled, twice[i]!, 1e-12);
        }
    }

    private static double[,] Differences(Func<Tape, Inputs, Var> function, int input, double[,] shape, bool unitSeed)
    {
        var differences = new double[shape.GetLength(0), shape.GetLength(1)];
        foreach (var (r, c) in Cells(shape))
            differences[r, c] = (Evaluate(r, c, Step) - Evaluate(r, c, -Step)) / (2 * Step);
        return differences;

        double Evaluate(int row, int col, double by)
        {
            using var arena = PoisonedArena();
            using var tape = new Tape(new ReferenceBackend<double>(), arena, record: false);
            var output = function(tape, new Inputs(static _ => false, (input, row, col, by))).Value;
            var seed = Seed(output, unitSeed);
            return Enumerable.Range(0, output.Rows).Sum(r => Enumerable.Range(0, output.Cols).Sum(c => output.Read(r, c) * seed.Read(r, c)));
        }
    }

    private static Tensor Seed(Tensor output, bool unit)
    {
        var seed = Tensor.Allocate(DType.F64, output.Rows, output.Cols);
        for (var r = 0; r < output.Rows; r++)
            for (var c = 0; c < output.Cols; c++)
                // HeadLoss takes its factor in single precision.
                seed.At<double>(r, c) = unit ? 1 : (float)RandomKey.OfSeed(11).Normal(r * output.Cols + c);
        return seed;
    }

    private static double[,]? Snapshot(Var v)
    {
        if (v.Grad is not { } grad || v is Parameter { GradReached: false })
            return v is Parameter { NeedsGrad: true } ? new double[v.Value.Rows, v.Value.Cols] : null;
        var copy = new double[grad.Rows, grad.Cols];
        foreach (var (r, c) in Cells(copy))
            copy[r, c] = grad.Read(r, c);
        return copy;
    }

    private static void Compare(int input, double[,] expected, double[,] actual, double tolerance)
    {
        foreach (var (r, c) in Cells(expected))
            Assert.True(Math.Abs(expected[r, c] - actual[r, c]) <= tolerance * Math.Max(1, Math.Abs(expected[r, c])),
                $"gradient of input {input} at ({r}, {c}): expected {expected[r, c]:R}, found {actual[r, c]:R}");
    }

    private static IEnumerable<(int Row, int Col)> Cells(double[,] matrix) =>
        from r in Enumerable.Range(0, matrix.GetLength(0)) from c in Enumerable.Range(0, matrix.GetLength(1)) select (r, c);
}
