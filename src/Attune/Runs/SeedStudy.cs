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

/// <summary>
/// The same recipe under several seeds: how much of a result is the recipe's, and how much was luck. Interval over rows tells the one of
/// few test rows, this interval tells the one of the order of the data and the start of the adapter.
/// </summary>
/// <param name="Directory">The study's folder; the runs lie in it, <c>seed-1</c> and so on, beside <c>seeds.md</c> and <c>seeds.json</c>.</param>
/// <param name="Seeds">The seeds, in the order of the runs.</param>
/// <param name="Runs">What each came to.</param>
/// <param name="Metrics">The metrics over all of them.</param>
public sealed record SeedStudy(string Directory, IReadOnlyList<long> Seeds, IReadOnlyList<RunResult> Runs, IReadOnlyList<SeedMetric> Metrics)
{
    /// <summary>Runs a recipe once a seed.</summary>
    /// <param name="recipe">The recipe; its own seed is not used.</param>
    /// <param name="seeds">Two or more different seeds.</param>
    /// <param name="backend">Runs the kernels.</param>
    /// <param name="clock">For the name of the folder.</param>
    /// <param name="begin">Told before each run.</param>
    /// <param name="notice">Gets everything worth seeing of each run.</param>
    /// <param name="cancel">Stops the run that goes on, with a checkpoint.</param>
    /// <exception cref="UserErrorException">The seeds are too few, too many, or one is there twice.</exception>
    public static SeedStudy Execute(
        Recipe recipe, IReadOnlyList<long> seeds, Backend backend, TimeProvider clock, Action<long> begin, Action<RunNotice> notice, CancellationToken cancel)
    {
        if (seeds.Count is < 2 or > SmallSample.Most || seeds.Distinct().Count() < seeds.Count)
            throw new UserErrorException("--seeds", $"from 2 to {SmallSample.Most} different whole numbers are expected, {string.Join(' ', seeds)} were given", "write --seeds 1 2 3");
        var folder = RunDirectory.Create(recipe.Output, recipe.Model, recipe.Data.Train[0].File, clock).Path;
        var runs = new List<RunResult>();
        foreach (var seed in seeds)
        {
            begin(seed);
            var one = recipe with { Output = Path.Combine(folder, $"seed-{seed}"), Train = recipe.Train with { Seed = seed } };
            runs.Add(TrainRun.Execute(one, null, backend, clock, notice, cancel));
        }
        var study = new SeedStudy(folder, seeds, runs, Summarise(runs));
        AtomicFile.WriteText(Path.Combine(folder, "seeds.md"), study.Markdown());
        AtomicFile.WriteText(Path.Combine(folder, "seeds.json"), JsonText.Of(study.WriteBody));
        return study;
    }

    /// <summary>The summary for people.</summary>
    public string Markdown()
    {
        var md = new StringBuilder($"# {Runs[0].Record.Title}, {Seeds.Count} seeds\n\nMeans over the seeds {string.Join(", ", Seeds)}; the interval is that of the mean change (Student, 95 %).\n\n");
        md.Append("| measured | before | after | change | 95 % interval over seeds |\n|---|---:|---:|---:|---|\n");
        foreach (var m in Metrics)
            md.Append($"| {m.Name} | {Numbers.Value(m.Before.Mean, m.Unit)} | {Numbers.Value(m.After.Mean, m.Unit)} | {Numbers.Change(m.Change.Mean, m.Unit)} | {Numbers.Interval(m.Change.Low, m.Change.High, m.Unit)} |\n");
        md.Append("\n| seed | run |\n|---:|---|\n");
        foreach (var (seed, run) in Seeds.Zip(Runs))
            md.Append($"| {seed} | {Path.GetRelativePath(Directory, run.Directory)} |\n");
        return md.ToString();
    }

    /// <summary>The summary for programs, into an object that is open.</summary>
    public void WriteBody(Utf8JsonWriter json)
    {
        json.WriteString("study", Directory);
        json.WriteStartArray("runs");
        foreach (var (seed, run) in Seeds.Zip(Runs))
        {
            json.WriteStartObject();
            json.WriteNumber("seed", seed);
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
    private static List<SeedMetric> Summarise(List<RunResult> runs)
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
