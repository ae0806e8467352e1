using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;

namespace Attune.Engine.Tests.Autograd;

/// <summary>In what form saved values wait for backward.</summary>
public class SavedTests
{
    private static readonly Backend Reference = new ReferenceBackend<float>();

    [Fact]
    public void Computing_cheap_operations_again_changes_no_bit()
    {
        var refilled = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            var network = new RandomNetwork(seed);
            var (held, again) = (Run(network, holdsCheap: true), Run(network));
            Assert.Equal(held.Gradients, again.Gradients);
            if (again.Peak < held.Peak)
                refilled++;
        }
        // Networks in which no cheap operation's output is the largest thing that waits are few.
        Assert.InRange(refilled, 10, 40);
    }

    [Fact]
    public void Of_a_cheap_operation_stays_only_what_it_computes_from()
    {
        var inputs = new Inputs(static _ => true);
        var (x, w) = (inputs.Flow(8, 8), inputs.Weight(8, 8));
        using var arena = GradientCheck.PoisonedArena();
        using var t = new Tape(new ReferenceBackend<double>(), arena);
        var before = arena.InUse;
        // Each is saved by the one behind it: a chain that is brought back from its beginning.
        var outs = t.Segment([x], Keep.Saved, (tape, v) => [tape.Run(new MatMul(
            tape.Run(new Activate(Activation.Gelu, tape.Run(new Activate(Activation.Silu, v[0])))), w))]);
        Assert.Equal(outs[0].Value.Block.Bytes, arena.InUse - before);
        t.Backward(outs, [Inputs.Constant(8, 8)]);
        Assert.True(w.GradReached);
    }

    [Fact]
    public void What_was_overwritten_after_a_cheap_operation_is_kept() => GradientCheck.Of((t, i) => t.Segment([i.Flow(3, 4)], Keep.Saved, (tape, v) =>
    {
        var turned = tape.Run(new Rope(tape.Run(new Activate(Activation.Silu, v[0])), 4, Inputs.Constant(3, 4)));
        return [tape.Run(new Gate(Activation.Silu, turned, turned))];
    })[0]);

    [Fact]
    public void Rounded_values_take_half_the_memory_and_give_nearly_the_same_gradients()
    {
        var smaller = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            var network = new RandomNetwork(seed);
            var (exact, rounded) = (Run(network), Run(network, DType.BF16));
            var (difference, size) = (0.0, 0.0);
            foreach (var (a, b) in exact.Gradients.Zip(rounded.Gradients))
            {
                difference += (a - b) * (double)(a - b);
                size += a * (double)a;
            }
            // Eight bits of significand, through up to forty operations and scores of attention in the hundreds.
            Assert.True(Math.Sqrt(difference) <= 0.1 * Math.Sqrt(size), $"network {seed}: off by {Math.Sqrt(difference / size):P1}");
            if (rounded.Peak < exact.Peak)
                smaller++;
        }
        Assert.InRange(smaller, 10, 40);
    }

    [Fact]
    public void What_waits_rounded_is_activations_and_half_as_large()
    {
        Assert.Equal(Waiting(null), Waiting(DType.BF16) + 2L * 64 * 64);

        static long Waiting(DType? savedType)
        {
            var inputs = new Inputs(static _ => true);
            var (x, w, norm) = (inputs.Flow(64, 64), inputs.Weight(64, 64), inputs.Weight(1, 64));
            using var arena = Arena.OfBytes(1 << 20);
            using var t = new Tape(Reference, arena) { SavedType = savedType };
            // Saved are the product, which is rounded, and one number a row, which is not.
            var flowing = new Var(Single(x.Value), needsGrad: true);
            t.Segment([flowing], Keep.Saved, (tape, v) =>
                [tape.Run(new RmsNorm(tape.Run(new MatMul(v[0], Frozen(w))), Frozen(norm), 1e-5f))]);
            return arena.InUse;
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(DType.BF16)]
    public void The_plan_is_exact_and_failures_leave_nothing(DType? savedType)
    {
        for (var seed = 0; seed < 3; seed++)
        {
            var network = new RandomNetwork(seed);
            var counter = new CountingBackend(Reference);
            using var pretended = Arena.Pretended();
            network.Run(new DryRunBackend(counter), pretended, savedType: savedType);
            using var real = Arena.OfBytes(pretended.Peak);
            network.Run(counter, real, savedType: savedType);
            Assert.Equal((pretended.Peak, 0), (real.Peak, real.InUse));
            for (var n = 1; n <= counter.Count; n++)
            {
                Assert.Throws<TestFailureException>(() =>
                    network.Run(new CountingBackend(Reference) { FailsAt = n }, real, savedType: savedType));
                Assert.Equal(0, real.InUse);
            }
        }
    }

    [Fact]
    public void A_gradient_takes_the_memory_of_a_value_that_only_its_operation_needs()
    {
        var inputs = new Inputs(static _ => true);
        var (x, w) = (inputs.Flow(8, 8), inputs.Weight(8, 8));
        using var arena = GradientCheck.PoisonedArena();
        using var t = new Tape(new ReferenceBackend<double>(), arena);
        var before = x.Value.ToArray();
        var product = t.Run(new MatMul(x, w));
        var outs = t.Run(new Activate(Activation.Silu, t.Run(new Activate(Activation.Gelu, product))));
        t.Backward([outs], [Inputs.Constant(8, 8)]);
        // Forward's three values and the seed's copy are the most there was: neither inner gradient took memory of its own.
        Assert.Equal(4L * 8 * 8 * sizeof(double), arena.Peak);
        // The caller's own value is not touched.
        Assert.Equal(before, x.Value.ToArray());
    }

    [Fact]
    public void A_value_that_is_done_with_is_freed_at_once_where_nothing_saved_it()
    {
        var inputs = new Inputs(static _ => false);
        using var arena = GradientCheck.PoisonedArena();
        using var t = new Tape(new ReferenceBackend<double>(), arena);
        var y = t.Run(new Activate(Activation.Silu, inputs.Flow(8, 8)));
        Assert.NotEqual(0, arena.InUse);
        t.Done(y);
        Assert.Equal(0, arena.InUse);
        Assert.Throws<InvalidOperationException>(() => t.Run(new Activate(Activation.Silu, y)));
    }

    private static (float[] Gradients, long Peak) Run(RandomNetwork network, DType? savedType = null, bool holdsCheap = false)
    {
        using var arena = Arena.OfBytes(1 << 22);
        network.Run(Reference, arena, savedType: savedType, holdsCheap: holdsCheap);
        return ([.. network.Parameters.Where(static p => p.GradReached).SelectMany(static p => p.Grad!.ToArray())], arena.Peak);
    }

    private static Tensor Single(Tensor x)
    {
        var single = Tensor.Allocate(DType.F32, x.Rows, x.Cols);
        single.Write(x.ToArray());
        return single;
    }

    private static Parameter Frozen(Parameter p) => new(p.Name, Single(p.Value));
}
