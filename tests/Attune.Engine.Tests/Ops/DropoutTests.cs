using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Engine.Tests.Autograd;

namespace Attune.Engine.Tests.Ops;

/// <summary>The mask of a low-rank branch is a function of key, row number and channel; backward and recomputation are held by its gradient checks.</summary>
public class DropoutTests
{
    private static readonly RandomKey Key = RandomKey.OfSeed(5).For("dropout");

    [Fact]
    public void Micro_batches_draw_the_mask_of_the_whole_batch()
    {
        var x = new Inputs(static _ => false).Flow(10, 7);
        var whole = Run(x, null);
        var head = Run(new Var(x.Value.RowRange(0, 4)), [0, 1, 2, 3]);
        var tail = Run(new Var(x.Value.RowRange(4, 6)), [4, 5, 6, 7, 8, 9]);
        Assert.Equal(whole, head.Concat(tail));
        Assert.NotEqual(tail, Run(new Var(x.Value.RowRange(4, 6)), null));
    }

    [Fact]
    public void Drops_its_share_and_scales_the_rest()
    {
        var x = new Var(Tensor.Allocate(DType.F64, 200, 101));
        new ReferenceBackend<double>().Pointwise.Fill(x.Value, 3);
        var y = Run(x, null);
        Assert.All(y, static v => Assert.True(v == 0 || Math.Abs(v - 4) < 1e-6));
        Assert.InRange(y.Count(static v => v == 0) / (double)y.Length, 0.24, 0.26);
    }

    [Fact]
    public void A_low_rank_branch_draws_the_same_mask_and_leaves_its_input_alone()
    {
        var inputs = new Inputs(static _ => false);
        var x = inputs.Flow(3, 4);
        var before = x.Value.ToArray();
        var (a, b) = (Identity("a"), Identity("b"));
        var y = new Var(Tensor.Allocate(DType.F64, 3, 4));
        using var arena = GradientCheck.PoisonedArena();
        using var t = new Tape(new ReferenceBackend<double>(), arena, record: false);
        Assert.Equal(Run(x, [9, 2, 5]), t.Run(new LowRankUpdate(y, x, a, b, 1, 0.25f, Key, [9, 2, 5])).Value.ToArray());
        Assert.Equal(before, x.Value.ToArray());
    }

    private static float[] Run(Var x, int[]? rowNumbers)
    {
        var y = Tensor.Allocate(DType.F64, x.Value.Rows, x.Value.Cols);
        new ReferenceBackend<double>().Pointwise.Dropout(x.Value, 0.25f, Key, rowNumbers, y, 0);
        return y.ToArray();
    }

    private static Parameter Identity(string name)
    {
        var value = Tensor.Allocate(DType.F64, 4, 4);
        for (var i = 0; i < 4; i++)
            value.At<double>(i, i) = 1;
        return new Parameter(name, value);
    }
}
