using System.Globalization;
using System.Text;
using System.Text.Json;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Formats;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>One metric over runs that differ in their seed alone.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">How its numbers are shown.</param>
/// <param name="Before">Before tuning.</param>
/// <param name="After">After tuning.</param>
/// <param name="Change">After − before, run by run.</param>
public sealed record SeedMetric(string Name, MetricUnit Unit, SmallSample Before, SmallSample After, SmallSample Change);

/// <summary>A run of a study of seeds.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Directory">Its folder.</param>
/// <param name="Saved">The adapter or model.</param>
/// <param name="Record">What was measured: title, metrics, memorisation, exported forms, the verdict of the guard.</param>
public sealed record SeedRun(long Seed, string Directory, string Saved, RunRecord Record)
{
    /// <summary>Whether the result may be used.</summary>
    public bool Holds => Record.Gate!.IsMet;
}

/// <summary>
/// The same recipe under several seeds: how much of a result is the recipe's, and how much was luck. Interval over rows tells the one of
/// few test rows, this interval tells the one of the order of the data and the start of the adapter.
/// </summary>
/// <param name="Directory">The study's folder; the runs lie in it, <c>seed-1</c> and so on, beside <c>seeds.md</c> and <c>seeds.json</c>.</param>
/// <param name="Runs">What each seed came to, in the order of the seeds.</param>
/// <param name="Metrics">The metrics over all of them.</param>
public sealed record SeedStudy(string Directory, IReadOnlyList<SeedRun> Runs, IReadOnlyList<SeedMetric> Metrics)
{
    private static readonly JsonLogKind Kind = new("attune_seeds", 1, "runs", "give another --output, or delete the folder");

    /// <summary>The seeds, in the order of the runs.</summary>
    public IEnumerable<long> Seeds => Runs.Select(static r => r.Seed);

    /// <summary>Runs a recipe once a seed, as far as that has not been done: the same call goes on with a study that was stopped or killed, and adds seeds to one that is finished.</summary>
    /// <param name="recipe">The recipe; its own seed is not used, its output is the study's folder.</param>
    /// <param name="seeds">Two or more different seeds.</param>
    /// <param name="backend">Runs the kernels.</param>
    /// <param name="clock">For the runs' logs.</param>
    /// <param name="begin">Told before each run.</param>
    /// <param name="notice">Gets everything worth seeing of each run.</param>
    /// <param name="cancel">Stops the run that goes on, with a checkpoint.</param>
    /// <exception cref="UserErrorException">The seeds are too few, too many, or one is there twice; the folder holds a run, or a study of another recipe, model or data.</exception>
    public static SeedStudy Execute(
        Recipe recipe, IReadOnlyList<long> seeds, Backend backend, TimeProvider clock, Action<long> begin, Action<RunNotice> notice, CancellationToken cancel)
    {
        if (seeds.Count is < 2 or > SmallSample.Most || seeds.Distinct().Count() < seeds.Count)
            throw new UserErrorException("--seeds", $"from 2 to {SmallSample.Most} different whole numbers are expected, {string.Join(' ', seeds)} were given", "write --seeds 1 2 3");
        var name = Path.Combine("runs", $"seeds-{RunDirectory.Stem(recipe.Model)}-{RunDirectory.Stem(recipe.Data.Train[0].File)}");
        var folder = RunDirectory.Create(recipe.Output ?? name, recipe.Model, recipe.Data.Train[0].File, clock).Path;
        Recipe Of(long seed) => recipe with { Output = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"seed-{seed}")), Train = recipe.Train with { Seed = seed } };
        // Held to the end of the study, by one process.
        using var log = JsonLog.Open(Path.Combine(folder, "study.json"), Kind, SettingsOf(recipe, backend, cancel), static line => throw line.Damaged());
        var runs = new List<SeedRun>();
        foreach (var seed in seeds)
        {
            begin(seed);
            var run = StudyRuns.ToEnd(Of(seed), backend, clock, notice, cancel);
            // As it stands on the disk, so that a study that was stopped comes to the same bytes.
            var record = ReportReader.Read(run.Report);
            runs.Add(new SeedRun(seed, run.Path, run.Saved, record with { Gate = Gate.Of(record, GuardReader.Read([run.Recipe], [])) }));
        }
        var study = new SeedStudy(folder, runs, Summarise(runs));
        AtomicFile.WriteText(Path.Combine(folder, "seeds.md"), study.Markdown());
        AtomicFile.WriteText(Path.Combine(folder, "seeds.json"), JsonText.Of(study.WriteBody));
        return study;
    }

    // Each run splits off the rows of its seed; those of the recipe's own seed stand for all.
    private static IReadOnlyList<(string Name, string Value)> SettingsOf(Recipe recipe, Backend backend, CancellationToken cancel)
    {
        using var setup = RunSetup.Prepare(recipe, backend, static _ => { }, cancel);
        return StudyRuns.SettingsOf(recipe, setup, backend);
    }

    /// <summary>The summary for people.</summary>
    public string Markdown()
    {
        var md = new StringBuilder($"# {Runs[0].Record.Title}, {Runs.Count} seeds\n\nMeans over the seeds {string.Join(", ", Seeds)}; the interval is that of the mean change (Student, 95 %).\n\n");
        md.Append("| measured | before | after | change | 95 % interval over seeds |\n|---|---:|---:|---:|---|\n");
        foreach (var m in Metrics)
            md.Append($"| {m.Name} | {Numbers.Value(m.Before.Mean, m.Unit)} | {Numbers.Value(m.After.Mean, m.Unit)} | {Numbers.Change(m.Change.Mean, m.Unit)} | {Numbers.Interval(m.Change.Low, m.Change.High, m.Unit)} |\n");
        md.Append("\n| seed | run |\n|---:|---|\n");
        foreach (var run in Runs)
            md.Append($"| {run.Seed} | {Path.GetRelativePath(Directory, run.Directory)} |\n");
        return md.ToString();
    }

    /// <summary>The summary for programs, into an object that is open.</summary>
    public void WriteBody(Utf8JsonWriter json)
    {
        json.WriteString("study", Directory);
        json.WriteStartArray("runs");
        foreach (var run in Runs)
        {
            json.WriteStartObject();
            json.WriteNumber("seed", run.Seed);
            json.WriteString("run", run.Directory);
            json.WriteString("saved", run.Saved);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("metrics");
        foreach (var m in Metrics)
        {
            json.WriteStartObject();
            json.WriteString("name", m.Name);
            JsonText.Number(json, "before", m.Before.Mean);
            JsonText.Number(json, "after", m.After.Mean);
            JsonText.Number(json, "change", m.Change.Mean);
            JsonText.Number(json, "low", m.Change.Low);
            JsonText.Number(json, "high", m.Change.High);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Metrics that every run has, in the first one's order.</summary>
    private static List<SeedMetric> Summarise(List<SeedRun> runs)
    {
        var metrics = new List<SeedMetric>();
        foreach (var first in runs[0].Record.Metrics)
        {
            var same = runs.ConvertAll(r => r.Record.Metrics.FirstOrDefault(m => m.Name == first.Name));
            if (same.Contains(null))
                continue;
            SmallSample Over(Func<MetricChange, double> value) => SmallSample.Of(same.ConvertAll(m => value(m!)));
            metrics.Add(new SeedMetric(first.Name, first.Unit, Over(static m => m.Before), Over(static m => m.After), Over(static m => m.Difference)));
        }
        return metrics;
    }
}
