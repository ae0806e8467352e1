using Attune.Recipes;
using Attune.Runs;
using Attune.Search;
using Attune.Training;

namespace Attune.Tests.Runs;

/// <summary>A trial takes the very steps of a run, and measures what its study compares alone.</summary>
public sealed class TrialRunTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void The_loss_is_that_of_a_whole_run_and_nothing_else_is_measured()
    {
        var straight = TinyModel.Run(Recipe("straight"));
        var said = new List<RunNotice>();
        var reports = new List<TrialReport>();
        var result = Execute("trial", null, reports.Add, said.Add);
        Assert.Equal(straight.Record.Curves.ValidLoss.Min(static p => p.Value), result);
        Assert.Equal(straight.Record.Curves.ValidLoss.Select(static p => p.Value), reports.Select(static r => r.Value));
        Assert.Equal(TinyModel.Bytes(straight.Saved), TinyModel.Bytes(tiny.FileOf("trial/adapter")));
        Assert.Empty(Stages(said));
        Assert.DoesNotContain(said, static n => n is NoticeDuration);
        Assert.Empty(Directory.EnumerateFiles(tiny.FileOf("trial"), "report.*"));
    }

    [Fact]
    public void A_metric_is_measured_once_at_the_end()
    {
        var straight = TinyModel.Run(Recipe("straight", "eval.metrics=token-accuracy"));
        var said = new List<RunNotice>();
        var result = Execute("trial", "token-accuracy", static _ => { }, said.Add, "eval.metrics=token-accuracy");
        Assert.Equal(straight.Record.Metrics.First(static m => m.Key == "token-accuracy").After, result);
        Assert.Equal(["after"], Stages(said));
    }

    [Fact]
    public void What_is_over_is_not_run_again()
    {
        var result = Execute("trial", null, static _ => { }, static _ => { });
        var said = new List<RunNotice>();
        Assert.Equal(result, Execute("trial", null, static _ => { }, said.Add));
        Assert.Empty(said);
    }

    /// <summary>Stopped behind the second of four validations: the next attempt reports the first two again, and comes to the same.</summary>
    [Fact]
    public void A_stopped_trial_goes_on_to_the_same_result()
    {
        var straight = Execute("straight", null, static _ => { }, static _ => { });
        using var stop = new CancellationTokenSource();
        var seen = 0;
        Write("trial");
        Assert.Throws<OperationCanceledException>(() => TrialWorker.Execute(tiny.FileOf("trial"), null, _ => { if (++seen == 2) stop.Cancel(); }, static _ => { }, stop.Token));
        var steps = new List<int>();
        Assert.Equal(straight, TrialWorker.Execute(tiny.FileOf("trial"), null, static _ => { }, n =>
        {
            if (n is NoticeTraining { Event: StepDone s })
                steps.Add(s.Step);
        }, TestContext.Current.CancellationToken));
        Assert.InRange(steps[0], 6, 12);
        Assert.Equal(TinyModel.Bytes(tiny.FileOf("straight/adapter")), TinyModel.Bytes(tiny.FileOf("trial/adapter")));
    }

    private double Execute(string name, string? metric, Action<TrialReport> report, Action<RunNotice> notice, params string[] more)
    {
        Write(name, more);
        return TrialWorker.Execute(tiny.FileOf(name), metric, report, notice, TestContext.Current.CancellationToken);
    }

    private void Write(string name, params string[] more)
    {
        Directory.CreateDirectory(tiny.FileOf(name));
        File.WriteAllText(Path.Combine(tiny.FileOf(name), TrialWorker.RecipeName), RecipeWriter.Write(Recipe(name, more) with { Output = null }));
    }

    private Recipe Recipe(string name, params string[] more) =>
        tiny.Recipe(name, ["train.eval_every=3", "train.threads=1", "eval.rows=0", "eval.max_new_tokens=auto", "eval.general=none", "eval.memorisation=0", .. more]);

    private static IEnumerable<string> Stages(IEnumerable<RunNotice> said) => said.OfType<NoticeProgress>().Select(static p => p.Stage).Where(static s => s is "before" or "after" or "memory").Distinct();
}
