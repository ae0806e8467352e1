using Attune.Engine.Backends;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>The expected duration: counted from the run's passes, with what one of them takes here.</summary>
public class RunDurationTests
{
    [Fact]
    public void Passes_of_the_run_are_counted()
    {
        using var tiny = new TinyModel();
        var duration = Of(tiny, "train.max_steps=12", "train.eval_every=4", "eval.rows=4", "eval.max_new_tokens=6");
        // Of the five steps of an epoch four take two passes of 256 rows and one takes one; three validations of three passes each.
        Assert.Equal(12 * 1.8 * 256, duration.Training.TotalSeconds, 1e-3);
        Assert.Equal(3 * 3 * 256 * 0.5, duration.Validating.TotalSeconds, 1e-3);
        var losses = 2 * 256 * 0.5 * (3 + GeneralPasses(tiny));
        Assert.Equal(losses + 2 * (10 + 6 * 1), duration.Measuring.TotalSeconds, 1e-3);
    }

    [Fact]
    public void A_time_limit_bounds_the_training()
    {
        using var tiny = new TinyModel();
        Assert.Equal(90, Of(tiny, "limits.time=90s").Training.TotalSeconds, 1e-6);
    }

    /// <summary>Blocks are alike: the estimate of a deep model is that of its parts, and smaller samples of rows are scaled up.</summary>
    [Theory]
    [InlineData("method.kind=lora")]
    [InlineData("method.kind=full", "method.rank=auto")]
    [InlineData("method.targets=layers.1.mlp.*")]
    public void Times_are_measured_on_blocks_of_the_model_itself(params string[] settings)
    {
        using var tiny = new TinyModel();
        using var setup = Prepare(tiny, settings);
        var times = PassTimes.Measure(setup.Model, setup.Data, setup.Method, setup.Steps.Options, CpuBackend.Shared(1), TestContext.Current.CancellationToken);
        Assert.Equal(2, times.Blocks);
        Assert.All((double[])[times.TrainRow, times.LossRow, times.Prompt], static t => Assert.InRange(t, 1e-9, 10));
        Assert.InRange(times.Token, 0, 10);
    }

    private static RunDuration Of(TinyModel tiny, params string[] settings)
    {
        using var setup = Prepare(tiny, settings);
        return RunDuration.Of(setup, new PassTimes(1, 0.5, 10, 1, 2));
    }

    private static double GeneralPasses(TinyModel tiny)
    {
        using var setup = Prepare(tiny);
        return Math.Ceiling(setup.Data.General.Sum(static e => e.Positions) / 256.0);
    }

    private static RunSetup Prepare(TinyModel tiny, params string[] settings) => RunSetup.Prepare(
        tiny.Recipe("run", settings), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
}
