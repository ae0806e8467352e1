using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Engine.Tests.Autograd;

namespace Attune.Engine.Tests.Ops;

/// <summary>Shapes that do not fit are refused by an error that names the operation and both shapes.</summary>
public class ShapeErrorTests
{
    private static readonly AttentionShape TwoHeads = new(2, 2, 2, 1);

    private static readonly (string First, string Second, Func<Inputs, Op> Make)[] Cases =
    [
        ("[3, 4]", "[5, 6]", i => new MatMul(i.Flow(3, 4), i.Weight(5, 6))),
        ("[3, 4]", "[2, 5]", i => new LowRankUpdate(i.Flow(3, 6), i.Flow(3, 4), i.Weight(2, 5), i.Weight(6, 2), 1, 0, default)),
        ("[6, 3]", "[2, 4]", i => new LowRankUpdate(i.Flow(3, 6), i.Flow(3, 4), i.Weight(2, 4), i.Weight(6, 3), 1, 0, default)),
        ("[3, 7]", "[6, 2]", i => new LowRankUpdate(i.Flow(3, 7), i.Flow(3, 4), i.Weight(2, 4), i.Weight(6, 2), 1, 0, default)),
        ("[2, 6]", "[3, 4]", i => new LowRankUpdate(i.Flow(2, 6), i.Flow(3, 4), i.Weight(2, 4), i.Weight(6, 2), 1, 0, default)),
        ("[3, 4]", "[1, 5]", i => new AddBias(i.Flow(3, 4), i.Weight(1, 5))),
        ("[3, 4]", "[1, 5]", i => new RmsNorm(i.Flow(3, 4), i.Weight(1, 5), 1)),
        ("[3, 4]", "[2, 4]", i => new LayerNorm(i.Flow(3, 4), i.Weight(1, 4), i.Weight(2, 4), 1)),
        ("[3, 4]", "[2, 4]", i => new Rope(i.Flow(3, 4), 4, Inputs.Constant(2, 4))),
        ("[3, 6]", "[3, 4]", i => new Rope(i.Flow(3, 6), 4, Inputs.Constant(3, 4))),
        ("[3, 4]", "[3, 6]", i => new CausalAttention(i.Flow(3, 4), i.Flow(3, 6), i.Flow(3, 6), AttentionPlan.Packed([3]), TwoHeads)),
        ("[3, 4]", "[2, 4]", i => new CausalAttention(i.Flow(3, 4), i.Flow(3, 4), i.Flow(2, 4), AttentionPlan.Packed([3]), TwoHeads)),
        ("[3, 4]", "[3, 4]", i => new CausalAttention(i.Flow(3, 4), i.Flow(3, 4), i.Flow(3, 4), AttentionPlan.Packed([4]), TwoHeads)),
        ("[3, 4]", "[3, 4]", i => new CausalAttention(i.Flow(3, 4), i.Flow(3, 4), i.Flow(3, 4), AttentionPlan.Packed([3]), TwoHeads with { Window = -1 })),
        ("[3, 4]", "[3, 4]", i => new CausalAttention(i.Flow(3, 4), i.Flow(3, 4), i.Flow(3, 4), AttentionPlan.Packed([3]), TwoHeads with { Scale = -1 })),
        ("[3, 4]", "[3, 5]", i => new Gate(Activation.Silu, i.Flow(3, 4), i.Flow(3, 5))),
        ("[3, 4]", "[2, 4]", i => new Add(i.Flow(3, 4), i.Flow(2, 4))),
        ("[5, 2]", "[1, 2] F64", i => new Embedding(i.Weight(5, 2), Inputs.Constant(1, 2))),
        ("[5, 2]", "[1, 2] F64", i => new GatherRows(i.Flow(5, 2), Inputs.Constant(1, 2))),
        ("[3, 4]", "[7, 5]", i => Head(i, 7, 5, 3, 3, 3)),
        ("[3, 4]", "[1, 2] I32", i => Head(i, 7, 4, 2, 3, 3)),
        ("[3, 4]", "[1, 4]", i => Head(i, 7, 4, 3, 4, 3)),
        ("[3, 4]", "[1, 5]", i => Head(i, 7, 4, 3, 3, 5)),
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Cases.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Names_operation_and_shapes(int number)
    {
        var (first, second, make) = Cases[number];
        var op = make(new Inputs(static _ => true));
        using var arena = GradientCheck.PoisonedArena();
        using var t = new Tape(new ReferenceBackend<double>(), arena);
        var error = Assert.Throws<ShapeException>(() => t.Run(op));
        Assert.StartsWith(op.GetType().Name, error.Message, StringComparison.Ordinal);
        Assert.Contains(first, error.Message, StringComparison.Ordinal);
        Assert.Contains(second, error.Message, StringComparison.Ordinal);
    }

    private static HeadLoss Head(Inputs i, int vocabulary, int cols, int targets, int weights, int losses) => new(
        i.Flow(3, 4), i.Weight(vocabulary, cols), Inputs.Integers(new int[targets]), Inputs.Constant(1, weights), 1,
        new CrossEntropyLoss(), 2, Inputs.Constant(1, losses));
}
