using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;

namespace Attune.Engine.Tests.Autograd;

/// <summary>How gradients travel: shared memory, values passed through, dead ends, the lowest trained layer.</summary>
public class GradientFlowTests
{
    [Fact]
    public void A_gradient_that_two_branches_share_is_copied_before_one_of_them_writes_it() => GradientCheck.Of((t, i) =>
    {
        var a = t.Run(new Activate(Activation.Silu, i.Flow(3, 4)));
        var turned = t.Run(new Rope(t.Run(new UniformNoise(a, new float[3], default)), 4, Inputs.Constant(3, 4)));
        return t.Run(new Add(turned, a));
    });

    [Fact]
    public void Both_branches_of_a_sum_may_write_their_gradient() => GradientCheck.Of((t, i) =>
    {
        var (turns, x) = (Inputs.Constant(3, 4), i.Flow(3, 4));
        var left = t.Run(new Rope(t.Run(new Activate(Activation.Silu, x)), 4, turns));
        var right = t.Run(new Rope(t.Run(new Activate(Activation.Gelu, x)), 4, turns));
        return t.Run(new Add(t.Run(new Add(left, right)), x));
    });

    [Fact]
    public void A_segment_may_return_an_input_and_one_value_twice() => GradientCheck.Of((t, i) =>
    {
        var x = t.Run(new Activate(Activation.Silu, i.Flow(2, 3)));
        var outs = t.Segment([x], Keep.Recompute, static (tape, v) =>
        {
            var y = tape.Run(new Activate(Activation.Gelu, v[0]));
            return [v[0], y, y];
        });
        return t.Run(new Add(t.Run(new Gate(Activation.Silu, outs[0], outs[1])), t.Run(new Add(outs[2], x))));
    });

    [Fact]
    public void Segments_nest() => GradientCheck.Of((t, i) =>
    {
        var (x, w) = (i.Flow(2, 3), i.Weight(3, 3));
        return t.Segment([x], Keep.Recompute, (outer, v) =>
        {
            var y = outer.Segment([outer.Run(new MatMul(v[0], w))], Keep.Recompute, static (inner, u) =>
                [inner.Run(new Activate(Activation.Silu, u[0]))]);
            return outer.Segment(y, Keep.Saved, (inner, u) => [inner.Run(new MatMul(u[0], w))]);
        })[0];
    });

    [Fact]
    public void A_segment_whose_input_is_frozen_still_trains_what_its_body_captures_and_keeps_nothing_of_it()
    {
        var inputs = new Inputs(static n => n == 1);
        var (x, w) = (inputs.Flow(2, 3), inputs.Weight(3, 3));
        using var arena = GradientCheck.PoisonedArena();
        using var tape = new Tape(new ReferenceBackend<double>(), arena);
        var outs = tape.Segment([x], Keep.Recompute, (t, v) => [t.Run(new Activate(Activation.Silu, t.Run(new MatMul(v[0], w))))]);
        Assert.Equal(1, tape.Recorded);
        Assert.Equal(outs[0].Value.Block.Bytes, arena.InUse);
        tape.Backward(outs, [Inputs.Constant(2, 3)]);
        Assert.True(w.GradReached);
    }

    [Fact]
    public void A_dead_end_contributes_nothing_and_is_freed()
    {
        var inputs = new Inputs(static _ => true);
        var (x, w, unused) = (inputs.Flow(2, 3), inputs.Weight(3, 3), inputs.Weight(3, 3));
        using var arena = GradientCheck.PoisonedArena();
        using (var tape = new Tape(new ReferenceBackend<double>(), arena))
        {
            var y = tape.Run(new MatMul(x, w));
            tape.Run(new MatMul(y, unused));
            tape.Backward([y], [Inputs.Constant(2, 3)]);
            Assert.False(unused.GradReached);
            Assert.True(w.GradReached);
            Assert.Equal(0, tape.Recorded);
        }
        Assert.Equal(0, arena.InUse);
    }

    [Fact]
    public void Nothing_below_the_lowest_trained_layer_is_recorded_or_walked()
    {
        var inputs = new Inputs(static n => n == 3);
        var (x, low, high, top) = (inputs.Flow(2, 3), inputs.Weight(3, 3), inputs.Weight(3, 3), inputs.Weight(3, 3));
        using var arena = GradientCheck.PoisonedArena();
        var backend = new CountingBackend(new ReferenceBackend<double>());
        using var tape = new Tape(backend, arena);
        var h = tape.Run(new MatMul(tape.Run(new MatMul(x, low)), high));
        Assert.Equal(0, tape.Recorded);
        Assert.False(h.NeedsGrad);
        var y = tape.Run(new MatMul(h, top));
        Assert.Equal(1, tape.Recorded);
        backend.Count = 0;
        tape.Backward([y], [Inputs.Constant(2, 3)]);
        Assert.Equal(1, backend.Count);
        Assert.Null(h.Grad);
        Assert.Null(x.Grad);
    }

    [Theory]
    [InlineData(0, 0)] // y alone: its gradient is handed on
    [InlineData(1, 2)] // x: dh and dx
    [InlineData(2, 2)] // A: dh and dA
    [InlineData(3, 1)] // B: dB
    public void Frozen_inputs_are_not_paid_for(int trained, int products)
    {
        var inputs = new Inputs(n => n == trained);
        var backend = new CountingBackend(new ReferenceBackend<double>());
        using var arena = GradientCheck.PoisonedArena();
        using var tape = new Tape(backend, arena);
        var y = tape.Run(new LowRankUpdate(inputs.Flow(3, 5), inputs.Flow(3, 4), inputs.Weight(2, 4), inputs.Weight(5, 2), 1, 0, default));
        backend.Count = 0;
        tape.Backward([y], [Inputs.Constant(3, 5)]);
        Assert.Equal(products, backend.Count);
    }

    [Fact]
    public void A_restarted_gradient_is_overwritten_with_the_same_bits()
    {
        var inputs = new Inputs(static _ => true);
        var (x, w) = (inputs.Flow(2, 3), inputs.Weight(4, 3));
        var first = Pass();
        w.RestartGrad();
        Assert.Equal(first, Pass());

        float[] Pass()
        {
            using var arena = GradientCheck.PoisonedArena();
            using var tape = new Tape(new ReferenceBackend<double>(), arena);
            tape.Backward([tape.Run(new MatMul(x, w))], [Inputs.Constant(2, 4)]);
            return w.Grad!.ToArray();
        }
    }
}
