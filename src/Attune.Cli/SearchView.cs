using System.Globalization;
using Attune.Problems;
using Attune.Reports;
using Attune.Runs;
using Attune.Search;
using Spectre.Console;

namespace Attune.Cli;

/// <summary>Shows a search as it goes: each trial with its values and what it came to, and at the end the best ones.</summary>
internal sealed class SearchView(ConsoleOutput output) : IDisposable
{
    private const int MostListed = 5;

    private readonly HashSet<int> over = [];
    private SearchPlan? plan;
    private Progress? progress;
    private double? best;

    /// <summary>Takes a notice of the search.</summary>
    public void Show(RunNotice notice)
    {
        switch (notice)
        {
            case NoticeStudy study:
                Begin(study);
                break;
            case NoticeTrialBegan { Trial: var trial }:
                Line($"  trial {trial.Number} {(trial.Attempts > 1 ? "goes on" : "begins")}: {Values(trial)}{(plan?.Start?.Is(trial) == true ? $" ({plan.Start.Name})" : "")}");
                break;
            case NoticeTrialReport r:
                progress?.Report(over.Count, string.Create(CultureInfo.InvariantCulture, $"trial {r.Trial.Number} at step {r.Report.Step}: {r.Report.Value:F4}") + Best());
                break;
            case NoticeTrialEnded ended:
                Ended(ended);
                break;
        }
    }

    /// <summary>What <c>search</c> ends with.</summary>
    public void Finish(StudyReport report)
    {
        Dispose();
        output.Result(
            json =>
            {
                json.WriteStartObject();
                report.WriteBody(json);
                json.WriteEndObject();
            },
            console =>
            {
                TrialTable.Write(console, report.Columns, [.. report.Rows(MostListed)]);
                var plain = console.Plain();
                plain.WriteLine(report.Sentence);
                foreach (var share in report.Importance?.Parameters ?? [])
                    plain.WriteLine($"  {share.Name} explains {Numbers.Percent(share.Share)} of the differences");
                plain.WriteLine(report.Page);
                plain.WriteLine($"attune train {ShellWord.Of(report.BestRecipe)}");
            });
    }

    /// <inheritdoc />
    public void Dispose()
    {
        progress?.Dispose();
        progress = null;
    }

    private void Begin(NoticeStudy study)
    {
        plan = study.Plan;
        over.UnionWith(study.Trials.Where(static t => t.IsOver).Select(static t => t.Number));
        best = study.Plan.Best(study.Trials)?.Result;
        var budget = string.Join(", ", ((string?[])[plan.MostTrials is { } most ? string.Create(CultureInfo.InvariantCulture, $"{most} trials in all") : null, plan.Recipe.Time is { } time ? Progress.Time(time) : null]).OfType<string>());
        output.Say($"searching for the {plan.Goal} over {string.Join(", ", plan.Space.Parameters.Select(static p => p.Name))} by {plan.Recipe.Sampler}: {budget}");
        output.Say($"  study {study.Folder}, kept in {Hidden(study.Store)}{(study.Trials.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {study.Trials.Count} trials are there already"))}");
        foreach (var moved in plan.Start?.Moved ?? [])
            output.Say($"  {moved.Name} of the recipe is {moved.Value}, which is not in the space: the first trial has the nearest, {plan.Start!.Values.First(v => v.Name == moved.Name).Value}");
        if (plan.MostTrials is { } total)
            progress = output.Begin("searching", total, "trials", over.Count);
    }

    private void Ended(NoticeTrialEnded ended)
    {
        var trial = ended.Trial;
        if (trial.IsOver)
            over.Add(trial.Number);
        if (ended.IsBest)
            best = trial.Result;
        Line(trial.State switch
        {
            TrialState.Done => string.Create(CultureInfo.InvariantCulture, $"  trial {trial.Number} is done: {trial.Result:F4}{(ended.IsBest ? " (best so far)" : "")}"),
            TrialState.Pruned => $"  trial {trial.Number} ended early: {ended.Why}",
            TrialState.Failed => $"  trial {trial.Number} failed: {trial.Error!.ReplaceLineEndings(" ")}",
            _ => $"  trial {trial.Number} is stopped; the next call goes on with it",
        });
        progress?.Report(over.Count, Best().TrimStart(' ', '·'));
    }

    private void Line(string text)
    {
        if (output.IsQuiet)
            return;
        if (progress is null)
            output.Say(text);
        else
            progress.Line(text);
    }

    private string Best() => best is { } value ? string.Create(CultureInfo.InvariantCulture, $" · best {value:F4}") : "";

    private static string Values(Trial trial) => string.Join(", ", trial.Values.Select(static v => $"{v.Name[(v.Name.IndexOf('.', StringComparison.Ordinal) + 1)..]} {v.Value}"));

    // A connection string may hold a password.
    private static string Hidden(string store) => Attune.Search.Stores.StudyStores.IsFile(store) ? store : "PostgreSQL";
}
