using Attune.Recipes;
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
        if (begun && TrialRun.ResultIn(folder) is { } known)
            return known;
        if (begun)
        {
            // Threads and memory may be others than in the attempt before.
            var before = RecipeReader.ReadFile(RunDirectory.Existing(folder).Recipe);
            recipe = before with { Output = folder, Limits = recipe.Limits, Train = before.Train with { Threads = recipe.Train.Threads } };
        }
        return TrialRun.Execute(recipe, begun, RunSetup.BackendOf(recipe), metric, n =>
        {
            if (n is NoticeTraining { Event: Validated v })
                report(new TrialReport(v.Step, v.Loss));
            notice(n);
        }, cancel);
    }
}
