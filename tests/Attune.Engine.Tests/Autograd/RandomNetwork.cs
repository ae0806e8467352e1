using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;

namespace Attune.Engine.Tests.Autograd;

/// <summary>A network of all operations, drawn from a seed: shapes, order, what trains, what is recomputed.</summary>
internal sealed class RandomNetwork
{
    private const int HeadSize = 4;
    private static readonly DType Type = DType.F32;
    private readonly RandomKey key;
    private readonly int rows;
    private readonly int cols;
    private readonly int vocabulary;
    private readonly Parameter table;
    private readonly Parameter projection;
    private readonly List<(Keep Keep, List<Func<Tape, Var, Var>> Steps)> segments = [];

    public RandomNetwork(int seed)
    {
        key = RandomKey.OfSeed(seed).For("network");
        rows = Below(17, 1);
        cols = HeadSize * (1 + Below(5, 2));
        vocabulary = 3 + Below(40, 3);
        table = Weight("table", vocabulary, cols);
        projection = Weight("projection", cols, 3);
        for (var s = 0; s < 1 + Below(4, 4); s++)
        {
            var steps = Enumerable.Range(0, 2 + Below(8, 5 + s)).Select(n => Step(100 * (s + 1) + n)).ToList();
            segments.Add((Below(2, 50 + s) == 0 ? Keep.Saved : Keep.Recompute, steps));
        }
    }

    public List<Parameter> Parameters { get; } = [];

    /// <summary>The most rows that the loss can be taken of.</summary>
    public int Capacity => rows / 2;

    /// <summary>
    /// Forward and backward, the loss over <paramref name="lossRows"/> of the rows (by default all that fit) in the memory of the most;
    /// the trained parameters' gradients restart.
    /// </summary>
    public void Run(
        Backend backend, Arena arena, Action<Op>? inspect = null, int? lossRows = null, DType? savedType = null, bool holdsCheap = false)
    {
        var n = lossRows ?? Capacity;
        Parameters.ForEach(static p => p.RestartGrad());
        using var t = new Tape(backend, arena, inspect: inspect) { SavedType = savedType, HoldsCheap = holdsCheap };
        var ids = t.Integers([.. Enumerable.Range(0, rows).Select(i => Below(vocabulary, 1000 + i))]);
        var x = t.Run(Noisy(t.Run(new Embedding(table, ids)), key.For("noise")));
        foreach (var (keep, steps) in segments)
            x = t.Segment([x], keep, (tape, v) =>
                [steps.Aggregate(tape.Run(Noisy(v[0], key.For("in"))), (value, step) => step(tape, value))])[0];
        var picked = t.Integers([.. Enumerable.Range(0, n).Select(static i => 2 * i)], Capacity);
        var targets = t.Integers(new int[n], Capacity);
        var (weights, losses) = (t.Numbers(Enumerable.Repeat(1f, n).ToArray(), Capacity), t.Numbers(new float[n], Capacity));
        var rest = t.Run(new GatherRows(x, picked, Capacity));
        var head = t.Run(new HeadLoss(rest, table, targets, weights, 1, new CrossEntropyLoss(), 3, losses, Capacity));
        var (wanted, distances) = (Tensor.Allocate(Type, n, 3), t.Numbers(new float[n], Capacity));
        t.Backward(t.Run(new Add(head, t.Run(new HiddenMatch(rest, projection, wanted, weights, RowDistance.Squared, 1, distances, Capacity)))));
    }

    private UniformNoise Noisy(Var x, RandomKey noise) => new(x, [.. Enumerable.Repeat(0.1f, rows)], noise);

    private Func<Tape, Var, Var> Step(int n)
    {
        var wide = 1 + Below(30, n + 20);
        var mine = key.For($"step {n}");
        var (square, into, outOf) = (Weight($"{n}.w", cols, cols), Weight($"{n}.i", wide, cols), Weight($"{n}.o", cols, wide));
        var (fused, headNorm) = (Weight($"{n}.f", 3 * cols, cols), Weight($"{n}.h", 1, HeadSize));
        var (norm, bias) = (Weight($"{n}.n", 1, cols), Weight($"{n}.b", 1, cols));
        var (a, b) = (Weight($"{n}.A", 2, cols), Weight($"{n}.B", cols, 2));
        var turns = Tensor.Allocate(Type, rows, HeadSize);
        const int half = HeadSize / 2;
        turns.Write([.. Enumerable.Range(0, rows * HeadSize).Select(static i => (Angle: 0.1f * (i / HeadSize) * (1 + i % half), Sine: i % HeadSize >= half))
            .Select(static turn => turn.Sine ? MathF.Sin(turn.Angle) : MathF.Cos(turn.Angle))]);
        var plan = AttentionPlan.Packed([rows / 3, 0, rows - rows / 3]);
        var shape = new AttentionShape(cols / HeadSize, cols / HeadSize, HeadSize, 0.5f);
        return Below(8, n) switch
        {
            0 => (t, x) => t.Run(new Add(x, t.Run(new RmsNorm(x, norm, 1e-5f)))),
            1 => (t, x) => t.Run(new LayerNorm(x, norm, bias, 1e-5f)),
            2 => (t, x) => t.Run(new LowRankUpdate(t.Run(new MatMul(x, square)), x, a, b, 2, n % 2 * 0.5f, mine)),
            3 => (t, x) => t.Run(new AddBias(t.Run(new ScaleColumns(t.Run(Noisy(x, mine)), norm)), bias)),
            4 => (t, x) => t.Run(new CausalAttention(Turned(t, x, square), Turned(t, x, square), x, plan, shape)),
            5 => (t, x) => t.Run(new MatMul(
                t.Run(new Gate(Activation.Silu, t.Run(new MatMul(x, into)), t.Run(new MatMul(x, into)))), outOf)),
            6 => FusedAttention,
            _ => (t, x) => t.Run(new Activate(Activation.Gelu, x)),
        };

        Var FusedAttention(Tape t, Var x)
        {
            var heads = t.Run(new RmsNorm(t.Run(new Reshape(x, rows * (cols / HeadSize), HeadSize)), headNorm, 1e-5f));
            var parts = t.Run(new MatMul(t.Run(new Reshape(heads, rows, cols)), fused));
            return t.Run(new CausalAttention(Part(t, parts, 0), Part(t, parts, 1), Part(t, parts, 2), plan, shape));
        }

        Var Part(Tape t, Var parts, int at) => t.Run(new Columns(parts, at * cols, cols));

        Var Turned(Tape t, Var x, Parameter w) => t.Run(new Rope(
            t.Run(new MatMul(x, w)), HeadSize, turns));
    }

    private Parameter Weight(string name, int height, int width)
    {
        var value = Tensor.Allocate(Type, height, width);
        var draws = key.For(name);
        value.Write([.. Enumerable.Range(0, height * width).Select(i => (float)draws.Normal(i) / MathF.Sqrt(width))]);
        var p = draws.Below(2, -1) == 0 ? new Parameter(name, value) : new Parameter(name, value, Tensor.Allocate(Type, height, width));
        Parameters.Add(p);
        return p;
    }

    private int Below(int limit, int draw) => key.Below(limit, draw);
}
