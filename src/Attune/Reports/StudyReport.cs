using System.Globalization;
using System.Text;
using System.Text.Json;
using Attune.Formats;
using Attune.Recipes;
using Attune.Reports.Html;
using Attune.Search;
using Attune.Search.Importance;

namespace Attune.Reports;

/// <summary>What a study of settings came to.</summary>
/// <param name="Title">Model and data.</param>
/// <param name="Plan">What was searched.</param>
/// <param name="Folder">The study's folder.</param>
/// <param name="Trials">By number.</param>
public sealed record StudyReport(string Title, SearchPlan Plan, string Folder, IReadOnlyList<Trial> Trials)
{
    private const int MostListed = 10;

    /// <summary>The best trial; null where none is done.</summary>
    public Trial? Best => Plan.Best(Trials);

    /// <summary>The trial of the recipe itself, or of the nearest to it that the space has; null where none was begun.</summary>
    public Trial? Start => Trials.FirstOrDefault(t => Plan.Start?.Is(t) == true);

    /// <summary>By how much the best is better than the recipe itself, in what the study measures; null where one of both is not there.</summary>
    public double? Gain => Best?.Result is { } best && Start?.Result is { } own ? (Plan.Minimise ? own - best : best - own) : null;

    /// <summary>Where the best recipe is written.</summary>
    public string BestRecipe => Path.Combine(Folder, "best.yaml");

    /// <summary>The page.</summary>
    public string Page => Path.Combine(Folder, "study.html");

    /// <summary>What each parameter explains; null where there are too few trials to say.</summary>
    public ParameterImportance? Importance => field ??= StudyImportance.Of(Plan, Trials);

    /// <summary>What was looked for and how many trials it rests on.</summary>
    public string Sentence => Best is { } best
        ? $"{Capital(Plan.Goal)}: {Value(best.Result!.Value)}, trial {best.Number} of {Counts}.{AgainstStart(best)}"
        : $"{Capital(Plan.Goal)}: no trial is done yet, of {Counts}.";

    /// <summary>Done trials, the best first, with those that were ended early behind them.</summary>
    public IReadOnlyList<Trial> Ranked => TreeParzenSampler.Rank(Trials, Plan.Minimise);

    /// <summary>The table of the best trials: its columns.</summary>
    public IReadOnlyList<string> Columns => ["trial", Plan.Recipe.Metric ?? "validation loss", .. Plan.Space.Parameters.Select(static p => p.Name), ""];

    /// <summary>The table of the best trials, and of the recipe itself behind them where it is not among them.</summary>
    public IEnumerable<IReadOnlyList<string>> Rows(int most) => Ranked.Where((t, i) => i < most || t == Start).Select(t => (IReadOnlyList<string>)
    [
        t.Number.ToString(CultureInfo.InvariantCulture), Value(t), .. Plan.Space.Parameters.Select(p => t[p.Name] ?? "–"), Remark(t),
    ]);

    // What a search is for: whether it was worth it.
    private string AgainstStart(Trial best)
    {
        if (Plan.Start?.Name is not { } name || Start is not { } start)
            return "";
        return start.State switch
        {
            TrialState.Done when start == best => $" It is {name}: no other values beat it.",
            TrialState.Done when Gain > 0 => $" That is {Value(Gain!.Value)} better than {name} (trial {start.Number}: {Value(start.Result!.Value)}).",
            TrialState.Done => $" That is no better than {name} (trial {start.Number}).",
            TrialState.Failed => $" There is nothing to hold it against: {name} (trial {start.Number}) failed.",
            _ => $" Whether that is better than {name} is open: its trial {start.Number} is not done.",
        };
    }

    private string Remark(Trial trial) => string.Join(", ", ((string?[])
    [
        trial == Best ? "best" : null, trial == Start ? Plan.Start!.Name : null, StateOf(trial) is { Length: > 0 } state ? state : null,
    ]).OfType<string>());

    private string Counts
    {
        get
        {
            var states = new (TrialState State, string Name)[] { (TrialState.Done, "done"), (TrialState.Pruned, "ended early"), (TrialState.Failed, "failed"), (TrialState.Running, "running"), (TrialState.Waiting, "waiting") };
            var parts = states.Select(s => (Count: Trials.Count(t => t.State == s.State), s.Name)).Where(static c => c.Count > 0).Select(static c => $"{c.Count} {c.Name}");
            return string.Create(CultureInfo.InvariantCulture, $"{Trials.Count} ({string.Join(", ", parts)})");
        }
    }

    /// <summary>What the trials of a search came to.</summary>
    public static StudyReport Of(Recipe recipe, SearchPlan plan, string folder, IReadOnlyList<Trial> trials) => new(
        $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(recipe.Model))} on {Path.GetFileName(recipe.Data.Train[0].Path)}", plan, folder, trials);

    /// <summary>Writes <c>study.html</c>, <c>study.md</c> and <c>study.json</c> into the study's folder.</summary>
    public void Write()
    {
        AtomicFile.WriteText(Path.Combine(Folder, "study.md"), Markdown());
        AtomicFile.WriteText(Path.Combine(Folder, "study.json"), JsonText.Of(WriteBody));
        AtomicFile.WriteText(Page, StudyPage.Of(this));
    }

    /// <summary>The study for programs, into an object that is open.</summary>
    public void WriteBody(Utf8JsonWriter json)
    {
        json.WriteString("study", Folder);
        json.WriteString("metric", Plan.Recipe.Metric ?? "validation loss");
        json.WriteString("direction", Plan.Minimise ? "lowest" : "highest");
        if (Best is { } best)
        {
            json.WriteString("best_recipe", BestRecipe);
            json.WriteStartObject("best");
            WriteTrial(json, best);
            json.WriteEndObject();
        }
        if (Start is { } start)
        {
            json.WriteStartObject("recipe_itself");
            json.WriteNumber("number", start.Number);
            json.WriteBoolean("exact", Plan.Start!.Moved.Count == 0);
            if (Gain is { } gain)
                JsonText.Number(json, "gain_of_best", gain);
            json.WriteEndObject();
        }
        json.WriteStartObject("importance");
        foreach (var share in Importance?.Parameters ?? [])
            JsonText.Number(json, share.Name, share.Share);
        json.WriteEndObject();
        json.WriteStartArray("trials");
        foreach (var trial in Trials)
        {
            json.WriteStartObject();
            WriteTrial(json, trial);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>A result in words.</summary>
    internal string Value(double value) => value.ToString(Plan.Minimise ? "F4" : "0.####", CultureInfo.InvariantCulture);

    /// <summary>What became of a trial, in words.</summary>
    internal static string StateOf(Trial trial) => trial.State switch
    {
        TrialState.Pruned => $"ended early, at validation {trial.Reports.Count}",
        TrialState.Failed => "failed",
        TrialState.Running => "running",
        TrialState.Waiting => "waiting",
        _ => "",
    };

    private string Value(Trial trial) => trial.Result is { } result ? Value(result) : "–";

    private static void WriteTrial(Utf8JsonWriter json, Trial trial)
    {
        json.WriteNumber("number", trial.Number);
        json.WriteString("state", trial.State.ToString().ToLowerInvariant());
        if (trial.Result is { } result)
            JsonText.Number(json, "result", result);
        if (trial.Error is { } error)
            json.WriteString("error", error);
        json.WriteStartObject("values");
        foreach (var value in trial.Values)
            json.WriteString(value.Name, value.Value);
        json.WriteEndObject();
        json.WriteStartArray("reports");
        foreach (var report in trial.Reports)
        {
            json.WriteStartObject();
            json.WriteNumber("step", report.Step);
            JsonText.Number(json, "value", report.Value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private string Markdown()
    {
        static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |\n";
        var md = new StringBuilder($"# Settings of {Title}\n\n{Sentence}\n\n").Append(Line(Columns)).Append(Line(Columns.Select(static _ => "---:")));
        foreach (var row in Rows(MostListed))
            md.Append(Line(row));
        if (Importance is { } importance)
        {
            md.Append("\n| parameter | share of the differences |\n|---|---:|\n");
            foreach (var share in importance.Parameters)
                md.Append(Line([share.Name, Numbers.Percent(share.Share)]));
        }
        foreach (var failed in Trials.Where(static t => t.State == TrialState.Failed))
            md.Append(CultureInfo.InvariantCulture, $"\nTrial {failed.Number} failed: {failed.Error!.ReplaceLineEndings(" ")}\n");
        return Best is null ? md.ToString() : md.Append($"\nThe best recipe is in `{Path.GetFileName(BestRecipe)}`: `attune train {BestRecipe}`\n").ToString();
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
