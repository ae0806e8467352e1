using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;

namespace Attune.Engine.Tests.Autograd;

/// <summary>What the tape takes from the arena, and that it gives everything back.</summary>
public class MemoryTests
{
    [Fact]
    public void The_plan_equals_the_peak_byte_for_byte()
    {
        var seen = new HashSet<Type>();
        for (var seed = 0; seed < 40; seed++)
        {
            var network = new RandomNetwork(seed);
            // A backend that wants workspace, so that the plan must count it.
            var backend = new CountingBackend(new ReferenceBackend<float>());
            using var pretended = Arena.Pretended();
            network.Run(new DryRunBackend(backend), pretended);
            Assert.Equal(0, pretended.InUse);
            Assert.Equal(0, backend.Count);
            // No larger than planned: a step beyond it would throw.
            using var real = Arena.OfBytes(pretended.Peak);
            network.Run(backend, real);
            Assert.Equal(pretended.Peak, real.Peak);
            Assert.Equal(0, real.InUse);
            for (var n = 0; n < network.Capacity; n += 3)
                network.Run(backend, real, lossRows: n);
            Assert.Equal(pretended.Peak, real.Peak);
            Collect(network, seen);
        }
        var all = typeof(Op).Assembly.GetTypes().Where(static t => t.IsSubclassOf(typeof(Op)) && !t.IsAbstract);
        Assert.Empty(all.Except(seen).Select(static t => t.Name));
    }

    [Fact]
    public void Kernel_after_kernel_works_in_the_same_memory_and_no_two_at_once()
    {
        using var arena = Arena.OfBytes(1 << 20);
        using (var t = new Tape(new ReferenceBackend<float>(), arena))
        {
            using var before = t.Scratch(1, 1000);
            var first = t.Workspace(20_000);
            using (var meanwhile = t.Workspace(4096))
                Assert.NotEqual(first.Value.Block.Offset, meanwhile.Value.Block.Offset);
            first.Dispose();
            using (var value = t.Scratch(1, 1000))
            using (var again = t.Workspace(9000))
                Assert.Equal(first.Value.Block.Offset, again.Value.Block.Offset);
            using (arena.Stacked())
            using (var stacked = t.Workspace(9000))
                Assert.NotEqual(first.Value.Block.Offset, stacked.Value.Block.Offset);
        }
        Assert.Equal(0, arena.InUse);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_exception_leaves_the_arena_empty(int seed)
    {
        var network = new RandomNetwork(seed);
        var counter = new CountingBackend(new ReferenceBackend<float>());
        using var arena = Arena.OfBytes(1 << 22);
        network.Run(counter, arena);
        // Products fail one after the other: in forward, in backward and in bodies that run again.
        for (var n = 1; n <= counter.Count; n++)
        {
            var failing = new CountingBackend(new ReferenceBackend<float>()) { FailsAt = n };
            Assert.Throws<TestFailureException>(() => network.Run(failing, arena));
            Assert.Equal(0, arena.InUse);
        }
        // Nothing is left behind that refuses or changes the next pass.
        network.Run(counter, arena);
        Assert.All(network.Parameters, static p => Assert.Equal(0, p.Value.Block.Savers));
    }

    [Theory]
    [InlineData(1)] // in forward
    [InlineData(3)] // in the body that backward runs again
    [InlineData(5)] // in the backward of that body
    public void A_failure_in_a_segment_leaves_the_arena_empty(int product)
    {
        var inputs = new Inputs(static _ => true);
        var (x, w) = (inputs.Flow(8, 8), inputs.Weight(8, 8));
        using var arena = GradientCheck.PoisonedArena();
        Assert.Throws<TestFailureException>(() =>
        {
            using var t = new Tape(new CountingBackend(new ReferenceBackend<double>()) { FailsAt = product }, arena);
            var outs = t.Segment([x], Keep.Recompute, (tape, v) =>
                [tape.Run(new MatMul(tape.Run(new Activate(Activation.Silu, tape.Run(new MatMul(v[0], w)))), w))]);
            Assert.True(product == 1 || arena.InUse > 0);
            t.Backward(outs, [Inputs.Constant(8, 8)]);
        });
        Assert.Equal(0, arena.InUse);
    }

    [Fact]
    public void What_backward_takes_ends_with_the_operation()
    {
        using var arena = GradientCheck.PoisonedArena();
        using (var t = new Tape(new ReferenceBackend<double>(), arena))
        {
            var y = t.Run(new TakesInBackward(new Inputs(static _ => true).Flow(2, 2)));
            t.Backward([y], [Inputs.Constant(2, 2)]);
            Assert.Equal(0, arena.InUse);
        }
        Assert.Equal(0, arena.InUse);
    }

    [Fact]
    public void Recomputing_keeps_less_than_saving_and_a_pass_without_record_keeps_nothing()
    {
        var saved = Kept(Keep.Saved, record: true);
        var recomputed = Kept(Keep.Recompute, record: true);
        var plain = Kept(Keep.Saved, record: false);
        Assert.True(plain < recomputed && recomputed < saved, $"{plain}, {recomputed}, {saved}");

        static long Kept(Keep keep, bool record)
        {
            var inputs = new Inputs(static _ => true);
            var (x, w) = (inputs.Flow(8, 8), inputs.Weight(8, 8));
            using var arena = GradientCheck.PoisonedArena();
            using var t = new Tape(new ReferenceBackend<double>(), arena, record);
            var y = x;
            for (var i = 0; i < 3; i++)
                y = t.Segment([y], keep, (tape, v) =>
                    [tape.Run(new MatMul(tape.Run(new Activate(Activation.Silu, tape.Run(new MatMul(v[0], w)))), w))])[0];
            return record ? arena.InUse : arena.InUse - y.Value.Block.Bytes;
        }
    }

    [Fact]
    public void Saved_values_are_not_overwritten()
    {
        var inputs = new Inputs(static _ => true);
        var (x, w, bias) = (inputs.Flow(2, 3), inputs.Weight(3, 3), inputs.Weight(1, 3));
        using var arena = GradientCheck.PoisonedArena();
        using var t = new Tape(new ReferenceBackend<double>(), arena);
        var y = t.Run(new MatMul(x, w));
        t.Run(new Activate(Activation.Silu, y));
        Assert.Throws<InvalidOperationException>(() => t.Run(new AddBias(y, bias)));
    }

    [Fact]
    public void What_was_overwritten_is_not_read_again()
    {
        var inputs = new Inputs(static _ => true);
        var (x, bias) = (inputs.Flow(2, 3), inputs.Weight(1, 3));
        using var arena = GradientCheck.PoisonedArena();
        using var t = new Tape(new ReferenceBackend<double>(), arena);
        t.Run(new AddBias(x, bias));
        var error = Assert.Throws<InvalidOperationException>(() => t.Run(new Activate(Activation.Silu, x)));
        Assert.Contains("Activate", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Keep.Saved, false)]
    [InlineData(Keep.Recompute, true)]
    public void A_body_that_will_run_again_may_not_overwrite_its_input(Keep keep, bool refused)
    {
        var inputs = new Inputs(static _ => true);
        var (x, bias) = (inputs.Flow(2, 3), inputs.Weight(1, 3));
        using var arena = GradientCheck.PoisonedArena();
        using var t = new Tape(new ReferenceBackend<double>(), arena);
        var error = Record.Exception(() => t.Segment([x], keep, (tape, v) => [tape.Run(new AddBias(v[0], bias))]));
        Assert.Equal(refused, error is InvalidOperationException);
    }

    [Fact]
    public void Weights_are_never_overwritten()
    {
        var w = new Inputs(static _ => true).Weight(2, 3);
        Assert.Throws<InvalidOperationException>(() => w.Overwrite());
    }

    private static void Collect(RandomNetwork network, HashSet<Type> seen)
    {
        using var arena = Arena.Pretended();
        network.Run(new DryRunBackend(new ReferenceBackend<float>()), arena, op => seen.Add(op.GetType()));
    }

    private sealed class TakesInBackward(Var x) : Op(x)
    {
        public override void Forward(Tape t) => Outs = [new Var(t.New(x.Value.Rows, x.Value.Cols))];

        public override void Backward(Tape t) => t.New(8, 8);
    }
}
