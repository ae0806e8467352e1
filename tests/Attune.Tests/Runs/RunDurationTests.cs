using Attune.Data;
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
        using var setup = Prepare(tiny);
        double Tokens(IEnumerable<Example> rows) => rows.Sum(static e => e.Positions);
        // Passes of at most 256 rows are filled up to a multiple of 16; three validations.
        var rows = setup.Steps.Packer.Steps(default, 1).Average(static s => s.MicroBatches.Sum(static b => (b.Tokens + 15) / 16 * 16));
        Assert.Equal(12 * rows, duration.Training.TotalSeconds, 1e-3);
        Assert.Equal(3 * Tokens(setup.Data.Valid) * 0.5, duration.Validating.TotalSeconds, 1e-3);
        var losses = 2 * 0.5 * (Tokens(setup.Data.Test) + Tokens(setup.Data.General));
        // Before and after four answers at once; then two times four rows, trained and unseen, that are continued by up to fifty tokens.
        Assert.Equal(losses + 2 * (10 + 6 * 1) + (10 + 50 * 1), duration.Measuring.TotalSeconds, 1e-3);
    }

    /// <summary>What is kept where the lowest trained block begins is not computed again: in later epochs, and in later validations.</summary>
    [Fact]
    public void Frozen_blocks_count_once_where_what_they_give_is_kept()
    {
        using var tiny = new TinyModel();
        string[] settings = ["method.last_layers=1", "train.max_steps=12", "train.eval_every=4"];
        var (on, off) = (Of(tiny, [.. settings, "train.prefix_cache=on"]), Of(tiny, [.. settings, "train.prefix_cache=off"]));
        using var setup = Prepare(tiny);
        var first = setup.Steps.Packer.StepsIn(0);
        var rows = setup.Steps.Packer.Steps(default, 1).Average(static s => s.MicroBatches.Sum(static b => (b.Tokens + 15) / 16 * 16));
        Assert.Equal((12 - first) * rows * 0.25, (off.Training - on.Training).TotalSeconds, 1e-3);
        Assert.Equal(2 * setup.Data.Valid.Sum(static e => e.Positions) * 0.25, (off.Validating - on.Validating).TotalSeconds, 1e-3);
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
    [InlineData("method.last_layers=1")]
    [InlineData("method.kind=full", "method.rank=auto", "method.last_layers=1")]
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
        return RunDuration.Of(setup, new PassTimes(1, 0.5, 10, 1, 2) { PrefixRow = 0.25 });
    }

    private static RunSetup Prepare(TinyModel tiny, params string[] settings) => RunSetup.Prepare(
        tiny.Recipe("run", settings), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
}
