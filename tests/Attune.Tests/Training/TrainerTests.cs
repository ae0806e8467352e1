using Attune.Adapters;
using Attune.Engine;
using Attune.Problems;
using Attune.Tests.Formats;
using Attune.Tests.Models;
using Attune.Training;

namespace Attune.Tests.Training;

public class TrainerTests
{
    public static TheoryData<string, bool> Methods
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var backend in TestBackends.Single.Select(static r => r.Data))
            {
                data.Add(backend, true);
                data.Add(backend, false);
            }
            return data;
        }
    }

    /// <summary>Training works at all: the loss of rows that are seen again and again falls.</summary>
    [Theory]
    [MemberData(nameof(Methods))]
    public void The_loss_falls(string backend, bool lora)
    {
        using var temp = new TempFolder();
        using var rig = new TrainingRig(temp.Path, lora, backend: backend);
        rig.Options = rig.Options with { TotalSteps = 24, SaveEvery = 100, LearningRate = rig.Options.LearningRate with { TotalSteps = 24 } };
        rig.Run();
        Assert.Equal(24, rig.Losses.Length);
        Assert.True(rig.Losses[^6..].Average() < 0.8 * rig.Losses[..6].Average(), string.Join(", ", rig.Losses));
        Assert.All(rig.Events.OfType<StepDone>(), static e => Assert.True(e.TrainedTokens > 0 && e.Tokens <= 2 * TrainingRig.PassRows));
        Assert.Equal(24, Assert.Single(rig.Events.OfType<TrainingEnded>()).Step);
    }

    /// <summary>N + M steps equal N, stop, a new process, M: losses, weights and what comes out, bit for bit, wherever it is stopped.</summary>
    [Theory]
    [Trait("SilentFailure", "15")]
    [MemberData(nameof(Methods))]
    public void A_stopped_and_resumed_run_is_the_run_that_was_never_stopped(string backend, bool lora)
    {
        using var whole = new TempFolder();
        using var straight = new TrainingRig(whole.Path, lora, backend: backend);
        // A validation that depends on the weights, so that the best step is found again too.
        straight.Validate = _ => Numbers.Of(straight.Model.Weights.Buckets[0].Values).Sum(Math.Abs);
        var expected = straight.Run();
        // After 1 nothing is due, after 3 a checkpoint, after 4 a validation; the reference is slow, and one will do.
        foreach (var stop in backend == TestBackends.Cpu ? [1, 3, 4] : new[] { 4 })
        {
            using var temp = new TempFolder();
            var losses = new List<double>();
            using (var first = new TrainingRig(temp.Path, lora, backend: backend))
            {
                first.Validate = _ => Numbers.Of(first.Model.Weights.Buckets[0].Values).Sum(Math.Abs);
                using var source = new CancellationTokenSource();
                first.OnEvent = e =>
                {
                    if (e is StepDone && e.Step == stop)
                        source.Cancel();
                };
                Assert.Throws<OperationCanceledException>(() => first.Run(stop: source));
                losses.AddRange(first.Losses);
            }
            using var second = new TrainingRig(temp.Path, lora, backend: backend);
            second.Validate = _ => Numbers.Of(second.Model.Weights.Buckets[0].Values).Sum(Math.Abs);
            Assert.EndsWith($"step-{stop:D7}.safetensors", second.Checkpoints.Newest, StringComparison.Ordinal);
            var state = second.Run(second.Checkpoints.Newest);
            losses.AddRange(second.Losses);
            Assert.Equal(straight.Losses, losses);
            Assert.Equal(expected with { Seconds = 0 }, state with { Seconds = 0 });
            Assert.Equal(straight.Bits, second.Bits);
        }
    }

    /// <summary>A validation that is interrupted is made up for on resuming: its step may be the best.</summary>
    [Fact]
    [Trait("SilentFailure", "15")]
    public void An_interrupted_validation_is_made_up_for()
    {
        using var temp = new TempFolder();
        using (var first = new TrainingRig(temp.Path))
        {
            using var source = new CancellationTokenSource();
            first.Validate = token =>
            {
                source.Cancel();
                token.ThrowIfCancellationRequested();
                return 0;
            };
            Assert.Throws<OperationCanceledException>(() => first.Run(stop: source));
        }
        using var second = new TrainingRig(temp.Path);
        second.Validate = _ => 1.5;
        second.Run(second.Checkpoints.Newest);
        Assert.Equal([2, 4, 6, 8], second.Events.OfType<Validated>().Select(static e => e.Step));
        Assert.Equal(3, second.Events.OfType<StepDone>().First().Step);
    }

    /// <summary>Killed without warning: the run goes on from the last checkpoint and ends the same.</summary>
    [Theory]
    [Trait("SilentFailure", "15")]
    [Trait("SilentFailure", "20")]
    [MemberData(nameof(Methods))]
    public void A_killed_run_goes_on_from_the_last_whole_checkpoint(string backend, bool lora)
    {
        using var whole = new TempFolder();
        using var straight = new TrainingRig(whole.Path, lora, backend: backend);
        straight.Run();
        using var temp = new TempFolder();
        using (var first = new TrainingRig(temp.Path, lora, backend: backend))
        {
            first.OnEvent = static e =>
            {
                if (e is StepDone && e.Step == 5)
                    throw new InvalidOperationException("killed");
            };
            Assert.Throws<InvalidOperationException>(() => first.Run());
        }
        // The kill came between the bytes and the rename of step 6's checkpoint: half a file lies beside the whole ones.
        var newest = new TrainingRig(temp.Path, lora, backend: backend);
        using (newest)
        {
            var path = newest.Checkpoints.Newest!;
            Assert.EndsWith("step-0000003.safetensors", path, StringComparison.Ordinal);
            File.WriteAllBytes(path.Replace("0000003", "0000006", StringComparison.Ordinal) + ".partial", File.ReadAllBytes(path)[..500]);
            Assert.Equal(path, newest.Checkpoints.Newest);
            newest.Run(path);
            Assert.Equal(straight.Losses[3..], newest.Losses);
            Assert.Equal(straight.Bits, newest.Bits);
        }
    }

    [Theory]
    [Trait("SilentFailure", "16")]
    [MemberData(nameof(Methods))]
    public void A_rerun_gives_the_same_bytes_and_another_seed_others(string backend, bool lora)
    {
        byte[] Train(long seed)
        {
            using var temp = new TempFolder();
            using var rig = new TrainingRig(temp.Path, lora, seed, backend);
            rig.Run();
            if (rig.Model.Adapters is not { } adapters)
                return rig.Bits;
            PeftFiles.Save(temp.File("adapter"), adapters, "base");
            return File.ReadAllBytes(Path.Combine(temp.File("adapter"), "adapter_model.safetensors"));
        }

        var first = Train(1);
        Assert.Equal(first, Train(1));
        Assert.NotEqual(first, Train(2));
    }

    /// <summary>The number of threads changes no bit.</summary>
    [Theory]
    [Trait("SilentFailure", "16")]
    [InlineData(true)]
    [InlineData(false)]
    public void One_thread_and_two_give_the_same_bits(bool lora)
    {
        using var temp = new TempFolder();
        using var one = new TrainingRig(temp.File("one"), lora, backend: TestBackends.Cpu);
        using var two = new TrainingRig(temp.File("two"), lora, backend: TestBackends.CpuTwo);
        one.Run();
        two.Run();
        Assert.Equal(one.Losses, two.Losses);
        Assert.Equal(one.Bits, two.Bits);
    }

    /// <summary>The weights of the best validation are the result, not the last ones; patience ends the run.</summary>
    [Theory]
    [Trait("SilentFailure", "17")]
    [InlineData(true)]
    [InlineData(false)]
    public void The_best_weights_are_kept_and_the_run_ends_early(bool keepBest)
    {
        using var temp = new TempFolder();
        using var rig = new TrainingRig(temp.Path);
        rig.Options = rig.Options with { TotalSteps = 30, EvalEvery = 3, SaveEvery = 4, Patience = 2, KeepBest = keepBest };
        var losses = new Queue<double>([5, 3, 4, 3, 1]);
        rig.Validate = _ => losses.Dequeue();
        var at = new Dictionary<int, byte[]>();
        rig.OnEvent = e =>
        {
            if (e is StepDone)
                at[e.Step] = rig.Bits;
        };
        var state = rig.Run();
        Assert.Equal([true, true, false, false], rig.Events.OfType<Validated>().Select(static e => e.IsBest));
        Assert.Equal((12, 6, 3.0), (state.Step, state.BestStep, state.BestLoss));
        Assert.Equal(at[keepBest ? 6 : 12], rig.Bits);
        Assert.Contains("lowest was at step 6", rig.Events.OfType<TrainingEnded>().Single().Reason, StringComparison.Ordinal);

        // Resuming a run that has ended changes nothing.
        using var again = new TrainingRig(temp.Path);
        again.Options = rig.Options;
        Assert.Equal(state, again.Run(again.Checkpoints.Newest));
        Assert.Empty(again.Losses);
        Assert.Equal(rig.Bits, again.Bits);
    }

    [Fact]
    public void A_time_limit_ends_the_run_with_a_checkpoint()
    {
        using var temp = new TempFolder();
        using var rig = new TrainingRig(temp.Path);
        rig.Options = rig.Options with { SaveEvery = 100, TimeLimit = TimeSpan.FromTicks(1) };
        Assert.Equal(1, rig.Run().Step);
        Assert.EndsWith("step-0000001.safetensors", rig.Checkpoints.Newest, StringComparison.Ordinal);
        Assert.Contains("time limit", rig.Events.OfType<TrainingEnded>().Single().Reason, StringComparison.Ordinal);
    }

    /// <summary>An infinity in a norm of layer 1 stops the run before the update, with step, layer and row.</summary>
    [Theory]
    [Trait("SilentFailure", "3")]
    [InlineData("model.layers.1.input_layernorm.weight", "RmsNorm in layer 1, rows.jsonl, row ")]
    [InlineData("model.norm.weight", "RmsNorm in final norm, rows.jsonl, row ")]
    [InlineData("model.layers.0.mlp.up_proj.weight", "MatMul in layer 0, rows.jsonl, row ")]
    public void A_loss_that_is_no_number_stops_before_the_update(string weight, string where)
    {
        using var temp = new TempFolder();
        using var rig = new TrainingRig(temp.Path, lora: false);
        byte[] planted = [];
        rig.OnEvent = e =>
        {
            if (e is not StepDone { Step: 2 })
                return;
            rig.Model.Weights.Find(weight)!.Value.At<float>(0, 3) = float.PositiveInfinity;
            planted = rig.Bits;
        };
        var e = Assert.Throws<RunFailedException>(() => rig.Run());
        Assert.Equal("step 3", e.Problem.Place);
        Assert.Contains(where, e.Problem.Message, StringComparison.Ordinal);
        Assert.Contains("token 1", e.Problem.Message, StringComparison.Ordinal);
        Assert.Equal(planted, rig.Bits);
        Assert.Equal(2, rig.Losses.Length);
    }

    [Fact]
    [Trait("SilentFailure", "3")]
    public void A_validation_that_is_no_number_stops_the_run()
    {
        using var temp = new TempFolder();
        using var rig = new TrainingRig(temp.Path);
        rig.Validate = static _ => double.NaN;
        Assert.Equal("validation after step 2", Assert.Throws<RunFailedException>(() => rig.Run()).Problem.Place);
    }

    /// <summary>What would fail after hours fails before the first step.</summary>
    [Fact]
    [Trait("SilentFailure", "20")]
    public void A_place_that_cannot_be_written_to_is_found_before_the_first_step()
    {
        using var temp = new TempFolder();
        File.WriteAllText(temp.File("checkpoints"), "a file where the folder should be");
        using var rig = new TrainingRig(temp.Path);
        Assert.Throws<RunFailedException>(() => rig.Run());
        Assert.Empty(rig.Events);
    }

    [Fact]
    [Trait("SilentFailure", "15")]
    public void A_checkpoint_of_another_run_is_refused()
    {
        using var temp = new TempFolder();
        using (var first = new TrainingRig(temp.Path))
            first.Run();
        using var other = new TrainingRig(temp.Path, identity: "other");
        var before = other.Bits;
        var e = Assert.Throws<UserErrorException>(() => other.Run(other.Checkpoints.Newest));
        Assert.Contains("another model, other data or other settings", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, other.Bits);
    }

    /// <summary>The curve of a run does not tell what its products were computed in.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Losses_in_bf16_follow_those_in_f32(bool lora)
    {
        using var temp = new TempFolder();
        using var exact = new TrainingRig(temp.File("f32"), lora);
        using var rounded = new TrainingRig(temp.File("bf16"), lora, backend: TestBackends.CpuBF16);
        exact.Run();
        rounded.Run();
        Assert.NotEqual(exact.Bits, rounded.Bits);
        Assert.All(exact.Losses.Zip(rounded.Losses), static p => Assert.InRange(p.Second, 0.99 * p.First, 1.01 * p.First));
    }

    /// <summary>Nor in what activations waited for backward.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Losses_with_activations_saved_in_bf16_follow_those_in_f32(bool lora)
    {
        using var temp = new TempFolder();
        using var exact = new TrainingRig(temp.File("f32"), lora);
        using var rounded = new TrainingRig(temp.File("bf16"), lora);
        rounded.Options = rounded.Options with { SavedType = DType.BF16 };
        exact.Run();
        rounded.Run();
        Assert.NotEqual(exact.Bits, rounded.Bits);
        Assert.All(exact.Losses.Zip(rounded.Losses), static p => Assert.InRange(p.Second, 0.99 * p.First, 1.01 * p.First));
    }

    [Fact]
    [Trait("SilentFailure", "15")]
    public void A_checkpoint_of_other_arithmetic_is_refused_unless_it_is_wished()
    {
        using var temp = new TempFolder();
        using (var first = new TrainingRig(temp.Path))
            first.Run();
        using var other = new TrainingRig(temp.Path, arithmetic: "other numbers");
        var newest = other.Checkpoints.Newest!;
        var e = Assert.Throws<UserErrorException>(() => other.Checkpoints.Require(newest));
        Assert.Contains("computed with numbers, and going on here would be with other numbers", e.Message, StringComparison.Ordinal);
        Assert.Throws<UserErrorException>(() => other.Run(newest));
        using var any = new TrainingRig(temp.Path, arithmetic: "other numbers", anyArithmetic: true);
        any.Checkpoints.Require(newest);
        any.Run(newest);
    }

    [Fact]
    [Trait("SilentFailure", "20")]
    public void The_two_newest_checkpoints_are_kept_and_cleared_at_the_end()
    {
        using var temp = new TempFolder();
        using var rig = new TrainingRig(temp.Path);
        rig.Validate = static _ => 1;
        rig.Run();
        Assert.Equal(
            ["best.safetensors", "step-0000006.safetensors", "step-0000008.safetensors"],
            Directory.EnumerateFiles(temp.File("checkpoints")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var bytes = Directory.EnumerateFiles(temp.File("checkpoints")).Sum(static f => new FileInfo(f).Length);
        Assert.InRange(bytes, 1, Checkpoints.BytesFor(4 * rig.Model.Weights.Count, 8 * rig.Model.Weights.Count));
        rig.Checkpoints.Clear();
        Assert.Empty(temp.Names());
    }
}
