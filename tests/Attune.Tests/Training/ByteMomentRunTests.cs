using Attune.Engine.Backends;
using Attune.Problems;
using Attune.Runs;
using Attune.Tests.Formats;
using Attune.Tests.Models;
using Attune.Tests.Runs;
using Attune.Training;

namespace Attune.Tests.Training;

/// <summary>Whole loops with the optimizer's moments in 8 bits.</summary>
public sealed class ByteMomentRunTests
{
    /// <summary>Losses of thirty steps stay within 2 % of those with moments in F32, step by step, and are not the same.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_loss_curve_is_that_of_exact_moments_within_two_in_a_hundred(bool lora)
    {
        using var temp = new TempFolder();
        using var exact = new TrainingRig(temp.File("f32"), lora);
        using var rounded = new TrainingRig(temp.File("u8"), lora, byteMoments: true);
        foreach (var rig in (TrainingRig[])[exact, rounded])
        {
            rig.Options = rig.Options with { TotalSteps = 30, LearningRate = rig.Options.LearningRate };
            rig.Run();
        }
        Assert.NotEqual(exact.Bits, rounded.Bits);
        Assert.All(exact.Losses.Zip(rounded.Losses), static p => Assert.InRange(p.Second, 0.98 * p.First, 1.02 * p.First));
    }

    /// <summary>The checkpoint holds codes and scales: stopped anywhere, the run goes on bit for bit.</summary>
    [Theory]
    [InlineData(true, TestBackends.Cpu)]
    [InlineData(false, TestBackends.Cpu)]
    [InlineData(false, TestBackends.F32)]
    [Trait("SilentFailure", "15")]
    public void A_resumed_run_is_the_run_that_was_never_stopped(bool lora, string backend)
    {
        using var temp = new TempFolder();
        using var straight = new TrainingRig(temp.File("straight"), lora, backend: backend, byteMoments: true);
        straight.Run();
        using (var first = new TrainingRig(temp.File("stopped"), lora, backend: backend, byteMoments: true))
        {
            using var source = new CancellationTokenSource();
            first.OnEvent = e =>
            {
                if (e is StepDone { Step: 4 })
                    source.Cancel();
            };
            Assert.Throws<OperationCanceledException>(() => first.Run(stop: source));
        }
        using var second = new TrainingRig(temp.File("stopped"), lora, backend: backend, byteMoments: true);
        second.Run(second.Checkpoints.Newest);
        Assert.Equal(straight.Bits, second.Bits);
    }

    /// <summary>Two bytes a weight and two floats for each 256 of them, in plan and arena alike; F32 moments are eight bytes.</summary>
    [Fact]
    [Trait("SilentFailure", "6")]
    public void The_plan_holds_what_they_take()
    {
        using var tiny = new TinyModel();
        string[] full = ["method.kind=full", "method.rank=auto", "train.micro_batch_tokens=256", "train.saved=f32", "train.recompute=off"];
        using var exact = RunSetup.Prepare(tiny.Recipe("run", full), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(2 * exact.Memory.Plan.Trained, exact.Memory.Plan.Moments);
        string[] tight = [.. full, $"limits.memory={exact.Memory.Plan.Total - 1}B"];
        using var rounded = RunSetup.Prepare(tiny.Recipe("run", tight), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        Assert.True(rounded.Method.ByteMoments);
        Assert.Contains(rounded.Choices.Made, static c => c is { Key: "train.optimizer", Value: "adamw8" } && c.Reason.Contains("rounded to 8 bits", StringComparison.Ordinal));
        var weights = rounded.Memory.Plan.Trained / sizeof(float);
        // Each of the two buckets rounds four rows up to cache lines.
        Assert.InRange(rounded.Memory.Plan.Moments, 2 * weights + 8 * (weights / 256), 2 * weights + 8 * (weights / 256 + 2) + 2 * 4 * 64);
        var refused = Assert.Throws<UserErrorException>(() => TinyModel.Run(tiny.Recipe("run", [.. tight, "train.optimizer=adamw"])));
        Assert.Contains("leave train.optimizer open", refused.Problems[0].Remedy, StringComparison.Ordinal);
        // A whole run stays inside its plan, or the arena would throw.
        Assert.NotEmpty(tiny.Run("whole", [.. full, "train.optimizer=adamw8"]).Record.Memory);
    }
}
