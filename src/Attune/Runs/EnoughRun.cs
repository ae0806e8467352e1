using System.Globalization;
using Attune.Data;
using Attune.Engine.Backends;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>How it is found out whether the rows are enough.</summary>
public sealed record EnoughOptions
{
    /// <summary>Parts of the training rows, each above 0 and at most 1.</summary>
    public IReadOnlyList<double> Parts { get; init; } = [0.12, 0.25, 0.5, 1];

    /// <summary>Seeds; each draws its own parts.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [1, 2, 3];
}

/// <summary>
/// Trains on parts of the rows and fits the learning curve: what the next rows would bring. Every run has the settings that are chosen for all rows and the steps that suit its own
/// (<see cref="PartSteps"/>); it is measured with the weights of its lowest validation loss, so that a small part is compared at its best and not where it is learned by heart.
/// The parts of one seed are nested; what is held out is the same in all runs.
/// </summary>
public static class EnoughRun
{
    /// <summary>Steps of a run where the recipe says none: what <c>train</c> takes for a few thousand rows.</summary>
    private const int MostSteps = 1500;

    /// <summary>Runs what is missing, and reports; a study that was killed goes on, the run in hand from its checkpoint.</summary>
    /// <param name="recipe">The recipe; its output is the study's folder, its own seed decides what is held out.</param>
    /// <param name="options">Parts and seeds.</param>
    /// <param name="backend">Trains.</param>
    /// <param name="clock">For the runs' logs.</param>
    /// <param name="begin">Told before each run: which it is, of how many, and its name.</param>
    /// <param name="notice">Gets what is worth seeing.</param>
    /// <param name="cancel">Stops the run in hand with a checkpoint.</param>
    /// <returns>The study's folder, and what was found out.</returns>
    /// <exception cref="UserErrorException">Recipe or options are wrong, or the folder holds another study.</exception>
    public static (string Folder, QuantityReport Report) Execute(
        Recipe recipe, EnoughOptions options, Backend backend, TimeProvider clock, Action<int, int, string> begin, Action<RunNotice> notice, CancellationToken cancel)
    {
        Require(recipe, options);
        var folder = recipe.Output ?? Path.Combine("runs", $"enough-{RunDirectory.Stem(recipe.Model)}-{RunDirectory.Stem(recipe.Data.Train[0].File)}");
        var study = Prepare(recipe, folder, backend, notice, cancel);
        using var log = QuantityLog.Open(Path.Combine(folder, "runs.jsonl"), study.Settings, out var done);
        var points = new List<QuantityPoint>();
        (long Seed, double Part)[] all = [.. options.Seeds.Order().SelectMany(seed => options.Parts.Order().Select(part => (seed, part)))];
        foreach (var (at, (seed, part)) in all.Index())
        {
            if (done.FirstOrDefault(p => p.Fraction == part && p.Seed == seed) is not { } point)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"rows-{part * 100:0.###}-seed-{seed}");
                begin(at + 1, all.Length, name);
                point = Run(study, name, seed, part, backend, clock, notice, cancel);
                log.Append(json => QuantityLog.WriteBody(json, point));
                // Its weights were made to be measured.
                foreach (var saved in (string[])["adapter", "model", "checkpoints"])
                {
                    if (Directory.Exists(Path.Combine(folder, name, saved)))
                        Directory.Delete(Path.Combine(folder, name, saved), recursive: true);
                }
            }
            points.Add(point);
        }
        var report = new QuantityReport(study.Title, study.Parts.Rows.Count, study.HeldOut, study.Steps, points);
        report.Write(folder);
        return (folder, report);
    }

    private static void Require(Recipe recipe, EnoughOptions options)
    {
        var problems = new List<Problem>();
        if (options.Parts.Any(static p => p is not (> 0 and <= 1)) || options.Parts.Distinct().Count() != options.Parts.Count || options.Parts.Count < 3)
            problems.Add(new Problem("--parts", $"expected three or more different numbers above 0 and up to 1, found {string.Join(' ', options.Parts.Select(static p => p.ToString(CultureInfo.InvariantCulture)))}", "write --parts 0.12 0.25 0.5 1"));
        if (options.Seeds.Count is 0 or > 20 || options.Seeds.Distinct().Count() != options.Seeds.Count || options.Seeds.Any(static s => s < 0))
            problems.Add(new Problem("--seeds", $"from 1 to 20 different whole numbers are expected, found {string.Join(' ', options.Seeds)}", "write --seeds 1 2 3"));
        if (recipe.Data.TrainFraction != 1)
            problems.Add(new Problem("data.train_fraction", "is what attune data enough varies", "leave it out"));
        if (recipe.Data.Replay.Count > 0)
            problems.Add(new Problem("data.replay", "rows of others would stand beside every part, and the curve would not be that of the task's rows", "leave it out for the study (--set data.replay=none)"));
        if (recipe.Data.ValidFraction == 0 && recipe.Data.Valid.Count == 0)
            problems.Add(new Problem("data.valid_fraction", "without validation rows no run is measured at its best", "leave it to auto, or give data.valid"));
        if (!recipe.Train.KeepBest)
            problems.Add(new Problem("train.keep_best", "a small part is learned by heart before its last step, and must be measured at its best", "leave it out"));
        if (problems.Count > 0)
            throw new UserErrorException(problems);
    }

    /// <summary>What all runs share.</summary>
    private sealed record Study(string Title, string Folder, Recipe Recipe, PartSteps Parts, QuantitySteps Steps, int HeldOut, IReadOnlyList<(string Name, string Value)> Settings);

    private static Study Prepare(Recipe recipe, string folder, Backend backend, Action<RunNotice> notice, CancellationToken cancel)
    {
        var asked = RecipeKeys.Reset(recipe, KeyRole.Report) with
        {
            Data = recipe.Data with { SplitSeed = recipe.Data.Valid.Count > 0 ? null : recipe.Data.SplitSeed ?? recipe.Train.Seed },
            // How many steps all rows would take is asked without it.
            Train = recipe.Train with { MaxSteps = null },
            // Neither what is forgotten nor what is learned by heart is asked here.
            Eval = recipe.Eval with { General = EvalRecipe.None, Memorisation = 0, Suites = [], SuiteData = null, SuiteRows = null, Samples = 0 },
        };
        using var setup = RunSetup.Prepare(asked, backend, notice, cancel);
        var (resolved, train) = (setup.Recipe, setup.Recipe.Train);
        var whole = setup.Steps.Options.TotalSteps;
        var steps = recipe.Train.MaxSteps is { } most ? recipe.Train.Epochs is null ? most : Math.Min(most, whole) : Math.Min(whole, MostSteps);
        var parts = new PartSteps(setup.Data.Train, train.BatchTokens!.Value, steps, setup.Data.Longest, recipe.Train.Epochs);
        notice(new NoticeText($"  the run on all rows: {Numbers.Count(steps)} steps of {Numbers.Count(parts.Batch)} tokens"
            + (whole > steps ? $", of the {Numbers.Count(whole)} that train would take (--max-steps for more)" : "") + "; smaller parts take fewer, and smaller ones"));
        // What was chosen by all rows holds for the parts too, but for steps and looks; what depends on the machine's memory at the time is left to each run, and changes no result beyond rounding.
        var shared = resolved with
        {
            Method = resolved.Method with { Base = asked.Method.Base },
            Train = asked.Train with { LearningRate = train.LearningRate, Epochs = null, BatchTokens = parts.Batch, MaxSteps = steps },
        };
        return new Study(
            $"{Path.GetFileName(Path.GetFullPath(recipe.Model))} on {string.Join(", ", recipe.Data.Train.Select(static s => Path.GetFileName(s.Path)))}", folder, shared, parts, new QuantitySteps(steps, whole, new Choices().EvalEvery(asked.Train.EvalEvery, steps)), setup.Data.Test.Count,
            StudyRuns.SettingsOf(shared, setup, backend));
    }

    private static QuantityPoint Run(
        Study study, string name, long seed, double part, Backend backend, TimeProvider clock, Action<RunNotice> notice, CancellationToken cancel)
    {
        var rows = RowSubset.Take(study.Parts.Rows, part, (ulong)seed);
        var recipe = study.Recipe with
        {
            Output = Path.Combine(study.Folder, name),
            Data = study.Recipe.Data with { TrainFraction = part },
            Train = study.Parts.Of(rows, study.Recipe.Train with { Seed = seed }),
        };
        var run = StudyRuns.ToEnd(recipe, backend, clock, Quiet, cancel);
        var record = ReportReader.Read(run.Report);
        var lines = MetricsLog.Read(run.Metrics);
        var best = MetricsLog.Curve(lines, "valid", "loss").MinBy(static p => p.Value);
        return new QuantityPoint(
            part, seed, rows.Count, lines.Where(static l => l.Kind == "step").Select(static l => l.Step).DefaultIfEmpty().Max(), best.Step,
            [.. record.Metrics.Where(static m => m.Role == MetricRole.Task && double.IsFinite(m.After)).Select(static m => new MetricValue(m.Key, m.Name, m.Unit, m.After, double.NaN, double.NaN, m.Count))]);

        // Of a dozen runs data and choices were said once.
        void Quiet(RunNotice n)
        {
            if (n is NoticeTraining or NoticeProgress or NoticeQuantising)
                notice(n);
        }
    }
}
