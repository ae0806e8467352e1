using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Search;
using Attune.Training;

namespace Attune.Runs;

/// <summary>The work of a trial, within its own process.</summary>
public static class TrialWorker
{
    /// <summary>The trial's recipe in its folder, beside what the run writes.</summary>
    public const string RecipeName = "trial.yaml";

    /// <summary>Runs the trial of a folder, or goes on with it.</summary>
    /// <param name="folder">Holds <see cref="RecipeName"/>.</param>
    /// <param name="metric">The metric that is the result; null for the loss on the validation rows.</param>
    /// <param name="report">Told every loss on the validation rows, those of an earlier attempt first.</param>
    /// <param name="notice">Gets everything else worth seeing.</param>
    /// <param name="cancel">Stops with a checkpoint.</param>
    /// <returns>The result.</returns>
    public static double Execute(string folder, string? metric, Action<TrialReport> report, Action<RunNotice> notice, CancellationToken cancel)
    {
        // An earlier attempt whose parent was killed may still be writing its last checkpoint.
        using var held = FileHold.Take(Path.Combine(folder, "trial.lock"), cancel);
        var recipe = RecipeReader.ReadFile(Path.Combine(folder, RecipeName), [new Setting("output", folder, "--output")]);
        var begun = File.Exists(Path.Combine(folder, "recipe.yaml"));
        if (begun && File.Exists(RunDirectory.Existing(folder).Report))
            return ResultOf(folder, metric);
        if (begun)
        {
            // Threads and memory may be others than in the attempt before.
            var before = RecipeReader.ReadFile(RunDirectory.Existing(folder).Recipe);
            recipe = before with { Output = folder, Limits = recipe.Limits, Train = before.Train with { Threads = recipe.Train.Threads } };
        }
        TrainRun.Execute(recipe, begun ? folder : null, RunSetup.BackendOf(recipe), TimeProvider.System, n =>
        {
            if (n is NoticeTraining { Event: Validated v })
                report(new TrialReport(v.Step, v.Loss));
            notice(n);
        }, cancel);
        return ResultOf(folder, metric);
    }

    // Of a finished run; the loss is that of the checkpoint that was kept.
    private static double ResultOf(string folder, string? metric)
    {
        if (metric is not null)
        {
            return ReportReader.Read(RunDirectory.Existing(folder).Report).Metrics.FirstOrDefault(m => m.Key == metric) is { } measured && double.IsFinite(measured.After)
                ? measured.After
                : throw new RunFailedException(new Problem(folder, $"{metric} was not measured", "choose another search.metric"));
        }
        var losses = MetricsLog.Curve(MetricsLog.Read(RunDirectory.Existing(folder).Metrics), "valid", "loss");
        if (losses.Count == 0)
            throw new RunFailedException(new Problem(folder, "nothing was validated", "give data.valid, or lower train.eval_every"));
        return RecipeReader.ReadFile(RunDirectory.Existing(folder).Recipe).Train.KeepBest ? losses.Min(static p => p.Value) : losses[^1].Value;
    }
}
