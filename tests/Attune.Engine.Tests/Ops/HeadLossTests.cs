using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Engine.Tests.Autograd;

namespace Attune.Engine.Tests.Ops;

public class HeadLossTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(100)]
    public void Chunks_do_not_change_loss_or_gradient(int chunkRows)
    {
        var (loss, losses, dx) = Run(chunkRows, 5, static _ => true);
        var (wholeLoss, wholeLosses, wholeDx) = Run(5, 5, static _ => true);
        Assert.Equal(wholeLoss, loss);
        Assert.Equal(wholeLosses, losses);
        Assert.Equal(wholeDx, dx);
        Assert.Equal(0.25 * wholeLosses.Sum(), wholeLoss, 1e-6);
    }

    [Fact]
    public void No_rows_give_no_loss() => Assert.Equal(0, Run(3, 0, static _ => true).Loss);

    [Fact]
    public void Logits_are_never_held_for_more_rows_than_a_chunk()
    {
        var peak = Peak(2, 64);
        var wider = Peak(4, 64);
        Assert.Equal(2 * 1000 * sizeof(double), wider - peak);

        static long Peak(int chunkRows, int rows)
        {
            using var arena = Arena.Pretended();
            using var t = new Tape(new DryRunBackend(new ReferenceBackend<double>()), arena);
            t.Run(Head(new Inputs(static _ => true), rows, 1000, chunkRows, Inputs.Constant(1, rows)));
            return arena.Peak;
        }
    }

    [Fact]
    public void A_trained_head_demands_an_upstream_gradient_of_one()
    {
        using var arena = GradientCheck.PoisonedArena();
        using var t = new Tape(new ReferenceBackend<double>(), arena);
        var loss = t.Run(Head(new Inputs(static _ => true), 5, 7, 2, Inputs.Constant(1, 5)));
        var two = Tensor.Allocate(DType.F64, 1, 1);
        two.At<double>(0, 0) = 2;
        Assert.Throws<InvalidOperationException>(() => t.Backward([loss], [two]));
    }

    [Fact]
    public void A_target_outside_the_vocabulary_is_refused()
    {
        using var arena = GradientCheck.PoisonedArena();
        using var t = new Tape(new ReferenceBackend<double>(), arena);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() =>
            t.Run(Head(new Inputs(static _ => true), 5, 3, 2, Inputs.Constant(1, 5))));
        Assert.Contains("[2, 3]", error.Message, StringComparison.Ordinal);
    }

    private static (double Loss, float[] Losses, float[] Dx) Run(int chunkRows, int rows, Func<int, bool> trains)
    {
        var (inputs, losses) = (new Inputs(trains), Inputs.Constant(1, rows));
        using var arena = GradientCheck.PoisonedArena();
        using var t = new Tape(new ReferenceBackend<double>(), arena);
        var loss = t.Run(Head(inputs, rows, 7, chunkRows, losses));
        var value = loss.Value.Read(0, 0);
        t.Backward(loss);
        return (value, losses.ToArray(), inputs.All[0].Grad!.ToArray());
    }

    // Targets run through 0 … 6.
    private static HeadLoss Head(Inputs i, int rows, int vocabulary, int chunkRows, Tensor losses) => new(
        i.Flow(rows, 3), i.Weight(vocabulary, 3), Inputs.Integers([.. Enumerable.Range(0, rows).Select(static n => (n + 2) % 7)]),
        Inputs.Constant(1, rows), 0.25f, new CrossEntropyLoss(), chunkRows, losses);
}
