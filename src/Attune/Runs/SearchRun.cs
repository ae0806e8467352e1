using System.Globalization;
using Attune.Formats;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Search;
using Attune.Search.Stores;

namespace Attune.Runs;

/// <summary>What a search works with, beside its recipe.</summary>
public sealed record SearchOptions
{
    /// <summary>Runs the trials; null for child processes of this program.</summary>
    public ITrialRunner? Runner { get; init; }

    /// <summary>How long a trial stays this process's without a sign of life; it gives one in every quarter of that.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>For the time budget.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>
/// Searches for good settings: takes trials from the study's store, runs each, ends those early that do badly, and at the end writes the best
/// recipe. Several processes may work on one study at once; each sees the others' trials. A call goes on where the last one was stopped or killed.
/// </summary>
public static class SearchRun
{
    /// <summary>Searches until trials or time are used up.</summary>
    /// <param name="recipe">The recipe, with <c>search.space</c>.</param>
    /// <param name="options">With what.</param>
    /// <param name="notice">Gets everything worth seeing; from several threads, one at a time.</param>
    /// <param name="cancel">Stops the trials that run, which wait then to be gone on with.</param>
    /// <exception cref="UserErrorException">There is nothing to search, or recipe, model or data are wrong.</exception>
    /// <exception cref="RunFailedException">No trial could be finished.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; what is done is in the store, and the report says it.</exception>
    public static StudyReport Execute(Recipe recipe, SearchOptions options, Action<RunNotice> notice, CancellationToken cancel)
    {
        if (recipe.Search.Space.Count == 0)
        {
            throw new UserErrorException(
                "search.space", "is not given: there is nothing to search", "add to the recipe, for example: search: {space: {train.learning_rate: {from: 1e-5, to: 1e-2, scale: log}}}");
        }
        recipe = SourceFolders.Open(recipe, new Choices());
        var shared = TrialRecipe.Shared(recipe);
        var folder = FolderOf(recipe);
        var (identity, plan) = Check(recipe, shared, cancel);
        var place = StoreOf(recipe, folder);
        using var store = StudyStores.Open(place, identity);
        notice(new NoticeStudy(folder, place, plan, store.Trials()));
        using var loop = new SearchLoop(plan, recipe, shared, folder, store, options, notice);
        try
        {
            loop.Run(cancel);
        }
        finally
        {
            Write(recipe, plan, folder, store.Trials());
        }
        cancel.ThrowIfCancellationRequested();
        var report = StudyReport.Of(recipe, plan, folder, store.Trials());
        if (report.Best is null)
            throw NothingDone(report);
        return report;
    }

    /// <summary>The study's folder; without a wish one that the next call finds again.</summary>
    public static string FolderOf(Recipe recipe) => recipe.Output
        ?? Path.Combine("runs", $"search-{RunDirectory.Stem(recipe.Model)}-{RunDirectory.Stem(recipe.Data.Train[0].File)}");

    /// <summary>Where the study is kept.</summary>
    public static string StoreOf(Recipe recipe, string folder) => recipe.Search.Store ?? Path.Combine(folder, "study.db");

    /// <summary>The share of a trial of the machine, where several run at once: threads, and memory in bytes; null where it is left to the trial.</summary>
    public static (int? Threads, long? Memory) ShareOf(Recipe recipe, int threads, long freeMemory) => recipe.Search.Parallel is var n and > 1
        ? (Math.Max(1, (recipe.Train.Threads ?? threads) / n), (recipe.Limits.Memory ?? freeMemory) / n)
        : (recipe.Train.Threads, recipe.Limits.Memory);

    // What is wrong with model or data would fail every trial: it is said before the first.
    private static (StudyIdentity Identity, SearchPlan Plan) Check(Recipe recipe, Recipe shared, CancellationToken cancel)
    {
        using var setup = RunSetup.Prepare(shared, RunSetup.BackendOf(shared), static _ => { }, cancel);
        if (setup.Data.Valid.Count == 0)
            throw new UserErrorException("data.valid", "there are no validation rows, by which trials are compared", "give data.valid, or a data.valid_fraction above 0");
        var plan = SearchPlan.Of(recipe.Search);
        return (
            TrialRecipe.Identity(recipe, shared, setup.Model.Folder.HasWeights ? setup.Model.Folder.Fingerprint() : "none"),
            plan with { Start = StudyStart.Of(plan.Space, moved => Own(setup.Recipe, shared, moved, cancel)) });
    }

    // What the recipe with some values moved into the space has of every parameter.
    private static Func<SearchParameter, string>? Own(Recipe resolved, Recipe shared, IReadOnlyList<ParameterValue> moved, CancellationToken cancel)
    {
        if (moved.Count > 0)
        {
            try
            {
                var other = SpaceRules.With(shared, moved.Select(static v => (v.Name, v.Value)));
                using var setup = RunSetup.Prepare(other, RunSetup.BackendOf(other), static _ => { }, cancel);
                resolved = setup.Recipe;
            }
            catch (UserErrorException)
            {
                // Its trial will say so, and cost no more than that.
                return null;
            }
        }
        return p => SpaceKind.Own(p.Name, resolved);
    }

    private static void Write(Recipe recipe, SearchPlan plan, string folder, IReadOnlyList<Trial> trials)
    {
        var report = StudyReport.Of(recipe, plan, folder, trials);
        // Other processes of the study come to its end at the same moment.
        using var held = FileHold.Take(Path.Combine(folder, "study.lock"), CancellationToken.None);
        if (report.Best is { } best)
            AtomicFile.WriteText(report.BestRecipe, TrialRecipe.Best(recipe, best, report.Sentence));
        report.Write();
    }

    private static RunFailedException NothingDone(StudyReport report)
    {
        var failed = report.Trials.FirstOrDefault(static t => t.State == TrialState.Failed);
        return failed is null
            ? new RunFailedException(new Problem(report.Folder, "no trial came to its end within the time", "call it again, which goes on, or give more time"))
            : new RunFailedException(new Problem(
                report.Folder, string.Create(CultureInfo.InvariantCulture, $"no trial came to its end: {report.Trials.Count(static t => t.State == TrialState.Failed)} failed, the first ({failed.Number}) with: {failed.Error}"),
                "mend the recipe or the space"));
    }
}
