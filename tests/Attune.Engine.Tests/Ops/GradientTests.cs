using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Engine.Tests.Autograd;

namespace Attune.Engine.Tests.Ops;

/// <summary>One line an operation: every operation of the engine stands here.</summary>
public class GradientTests
{
    private static readonly RandomKey Key = RandomKey.OfSeed(3);
    private static readonly AttentionPlan Packed = AttentionPlan.Packed([2, 0, 3]);

    private static readonly Dictionary<string, Func<Inputs, Op>> Cases = new()
    {
        ["MatMul"] = i => new MatMul(i.Flow(3, 4), i.Weight(5, 4)),
        ["MatMul/by inputs"] = i => new MatMul(i.Flow(3, 4), i.Weight(4, 5), byInputs: true),
        ["MatMul/no rows"] = i => new MatMul(i.Flow(0, 4), i.Weight(5, 4)),
        ["LowRankUpdate"] = i => new LowRankUpdate(i.Flow(3, 5), i.Flow(3, 4), i.Weight(2, 4), i.Weight(5, 2), 1.5f, 0, Key),
        ["LowRankUpdate/dropout"] = i =>
            new LowRankUpdate(i.Flow(3, 5), i.Flow(3, 7), i.Weight(2, 7), i.Weight(5, 2), 1.5f, 0.4f, Key, [17, 3, 40]),
        ["AddBias"] = i => new AddBias(i.Flow(3, 4), i.Weight(1, 4)),
        ["ScaleColumns"] = i => new ScaleColumns(i.Flow(3, 4), i.Weight(1, 4)),
        ["ScaleColumns/divided, with an offset"] = i => new ScaleColumns(i.Flow(3, 4), i.Weight(1, 4), Inputs.Constant(1, 4), Inputs.Frozen(1, 4)),
        ["RmsNorm"] = i => new RmsNorm(i.Flow(3, 4), i.Weight(1, 4), 1e-3f),
        ["LayerNorm"] = i => new LayerNorm(i.Flow(3, 4), i.Weight(1, 4), i.Weight(1, 4), 1e-3f),
        ["LayerNorm/no bias"] = i => new LayerNorm(i.Flow(3, 4), i.Weight(1, 4), null, 1e-3f),
        ["Rope"] = i => new Rope(i.Flow(3, 8), 4, Inputs.Constant(3, 4)),
        ["Rope/part of a head"] = i => new Rope(i.Flow(3, 10), 5, Inputs.Constant(3, 4)),
        ["CausalAttention"] = i => new CausalAttention(i.Flow(5, 8), i.Flow(5, 4), i.Flow(5, 4), Packed, new(4, 2, 2, 0.7f)),
        ["CausalAttention/q is k"] = i => Shared(i.Flow(5, 4), x => new CausalAttention(x, x, i.Flow(5, 4), Packed, new(2, 2, 2, 0.7f))),
        ["CausalAttention/q is k is v"] = i => Shared(i.Flow(5, 4), x => new CausalAttention(x, x, x, Packed, new(2, 2, 2, 0.7f))),
        ["CausalAttention/rows outside"] = i => new CausalAttention(
            i.Flow(3, 4), i.Flow(6, 4), i.Flow(6, 4), new AttentionPlan([new(0, 2, 1, 4)]), new(2, 2, 2, 0.7f)),
        ["CausalAttention/window"] = i => new CausalAttention(i.Flow(5, 8), i.Flow(5, 4), i.Flow(5, 4), Packed, new(4, 2, 2, 0.7f, Window: 2)),
        ["CausalAttention/soft-cap"] = i =>
            new CausalAttention(i.Flow(5, 8), i.Flow(5, 4), i.Flow(5, 4), Packed, new(4, 2, 2, 0.7f, SoftCap: 0.8f)),
        ["Activate/Silu"] = i => new Activate(Activation.Silu, i.Flow(3, 4)),
        ["Activate/Gelu"] = i => new Activate(Activation.Gelu, i.Flow(3, 4)),
        ["Activate/GeluTanh"] = i => new Activate(Activation.GeluTanh, i.Flow(3, 4)),
        ["Gate/Silu"] = i => new Gate(Activation.Silu, i.Flow(3, 4), i.Flow(3, 4)),
        ["Gate/Gelu, shared"] = i => Shared(i.Flow(3, 4), x => new Gate(Activation.Gelu, x, x)),
        ["Add"] = i => new Add(i.Flow(3, 4), i.Flow(3, 4)),
        ["Add/shared"] = i => Shared(i.Flow(3, 4), x => new Add(x, x)),
        ["Columns"] = i => new Columns(i.Flow(3, 7), 2, 3),
        ["Reshape"] = i => new Reshape(i.Flow(3, 8), 6, 4),
        ["Embedding"] = i => new Embedding(i.Weight(6, 3), Inputs.Integers(4, 0, 4, 2)),
        ["GatherRows"] = i => new GatherRows(i.Flow(5, 3), Inputs.Integers(4, 0, 4, 2)),
        ["GatherRows/none"] = i => new GatherRows(i.Flow(5, 3), Inputs.Integers()),
        ["UniformNoise"] = i => new UniformNoise(i.Flow(3, 9), [0.5f, 0, 2], Key, [5, 6, 7]),
        ["HeadLoss/smoothed labels"] = i => new HeadLoss(
            i.Flow(5, 3), Inputs.Frozen(7, 3), Inputs.Integers(6, 0, 3, 3, 1), Inputs.Constant(1, 5), 0.25f, new CrossEntropyLoss(0.2f), 2, Inputs.Constant(1, 5)),
        ["HeadLoss/frozen head"] = i => Head(i.Flow(5, 3), Inputs.Frozen(7, 3)),
        ["HeadLoss/trained head"] = i => Head(i.Flow(5, 3), i.Weight(7, 3)),
        ["HeadLoss/forward KL"] = i => Distilled(i, new(1, 0, 0), 1.5f),
        ["HeadLoss/reverse KL"] = i => Distilled(i, new(0, 1, 1), 0.7f),
        ["HeadLoss/Jensen-Shannon"] = i => Distilled(i, new(0.3f, 0.7f, 0.3f), 1),
        ["HeadLoss/skew KL"] = i => Distilled(i, new(1, 0, 0.1f), 1),
        ["HeadLoss/skew reverse KL"] = i => Distilled(i, new(0, 1, 0.9f), 2),
        ["HeadLoss/teacher and labels"] = i => Distilled(i, new(0.5f, 0.5f, 0.5f), 2, labels: true),
        ["HiddenMatch/squared"] = i => Matched(i.Flow(5, 3), i.Weight(3, 4), RowDistance.Squared),
        ["HiddenMatch/cosine"] = i => Matched(i.Flow(5, 3), i.Weight(3, 4), RowDistance.Cosine),
        ["HiddenMatch/frozen projection"] = i => Matched(i.Flow(5, 3), Inputs.Frozen(3, 4), RowDistance.Squared),
        ["HiddenMatch/equal widths"] = i => Matched(i.Flow(5, 4), null, RowDistance.Cosine),
        ["HiddenMatch/more memory than rows"] = i => Matched(i.Flow(5, 3), i.Weight(3, 4), RowDistance.Squared, capacity: 9),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Backward_agrees_with_central_differences(string name) =>
        GradientCheck.Of(Cases[name], unitSeed: name == "HeadLoss/trained head");

    [Fact]
    public void Every_operation_is_checked()
    {
        // A segment run again is checked with every operation in it.
        var all = typeof(Op).Assembly.GetTypes()
            .Where(static t => t.IsSubclassOf(typeof(Op)) && !t.IsAbstract && t != typeof(RecomputedSegment)).Select(static t => t.Name);
        var made = Cases.Values.Select(static make => make(new Inputs(static _ => true)).GetType().Name);
        Assert.Empty(all.Except(made));
    }

    [Fact]
    public void Values_used_by_several_operations_gather_all_their_gradients() => GradientCheck.Of((t, i) =>
    {
        var x = i.Flow(3, 4);
        var w = i.Weight(4, 4);
        var a = t.Run(new MatMul(x, w));
        var b = t.Run(new Activate(Activation.Silu, x));
        // The sum hands one gradient to both branches; a and b then write theirs.
        var sum = t.Run(new Add(t.Run(new Add(a, x)), b));
        return t.Run(new Add(t.Run(new Gate(Activation.Silu, t.Run(new MatMul(sum, w)), a)), sum));
    });

    [Fact]
    public void A_value_read_in_two_shapes_gathers_both_gradients() => GradientCheck.Of((t, i) =>
    {
        var x = i.Flow(3, 8);
        var heads = t.Run(new RmsNorm(t.Run(new Reshape(x, 6, 4)), i.Weight(1, 4), 1e-3f));
        return t.Run(new Gate(Activation.Silu, t.Run(new Reshape(heads, 3, 8)), x));
    });

    [Fact]
    public void Parts_of_one_value_gather_their_gradients_side_by_side() => GradientCheck.Of((t, i) =>
    {
        var fused = t.Run(new MatMul(i.Flow(3, 4), i.Weight(6, 4)));
        var (a, b, c) = (t.Run(new Columns(fused, 0, 2)), t.Run(new Columns(fused, 2, 2)), t.Run(new Columns(fused, 4, 2)));
        // b is used twice, c not at all.
        return t.Run(new Add(t.Run(new Gate(Activation.Silu, a, b)), b));
    });

    private static Op Shared(Var x, Func<Var, Op> make) => make(x);

    private static HeadLoss Head(Var x, Parameter head) => new(
        x, head, Inputs.Integers(6, 0, 3, 3, 1), Inputs.Constant(1, 5), 0.25f, new CrossEntropyLoss(), 2, Inputs.Constant(1, 5));

    private static HiddenMatch Matched(Var x, Parameter? projection, RowDistance distance, int capacity = 0) =>
        new(x, projection, Inputs.Constant(5, 4), Inputs.Constant(1, 5), distance, 0.25f, Inputs.Constant(1, 5), capacity);

    // The student's table has two tokens more than the teacher's.
    private static HeadLoss Distilled(Inputs i, Divergence divergence, float temperature, bool labels = false) => new(
        i.Flow(5, 3), Inputs.Frozen(7, 3), Inputs.Integers(6, 0, 3, 3, 1), Inputs.Constant(1, 5), 0.25f,
        new DistillationLoss(
            labels ? (new CrossEntropyLoss(), Inputs.Constant(1, 5)) : null, new HeadLogits(Inputs.Constant(5, 2), Inputs.Constant(5, 2), 5), Inputs.Constant(1, 5),
            divergence, temperature),
        2, Inputs.Constant(1, 5));
}
