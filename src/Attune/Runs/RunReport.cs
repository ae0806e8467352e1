using System.Globalization;
using Attune.Engine.Backends;
using Attune.Problems;
using Attune.Quality;
using Attune.Recipes;
using Attune.Reports;
using Attune.Training;

namespace Attune.Runs;

/// <summary>Gathers what a run measured into the record that reports are written from.</summary>
internal static class RunReport
{
    public static RunRecord Build(
        RunSetup setup, RunDirectory run, Backend backend, Measurement before, Measurement after, TrainingState state, long trained, long peakBytes, string parity, IReadOnlyList<string> warnings, string saved)
    {
        var lines = MetricsLog.Read(run.Metrics);
        // Rows for measuring that are split from the training files were kept apart by the splitter; counted, they would look like a test of it.
        var rows = QuickCheck.Of(setup.Data.Train, setup.Recipe.Data.Test.Count > 0 || setup.Recipe.Data.Valid.Count > 0 ? setup.Data.Test : []);
        var title = setup.Recipe.Method.Kind.Title;
        var kind = char.ToUpperInvariant(title[0]) + title[1..] + (setup.Recipe.Method.LastLayers is { } n ? $" of the last {n} blocks" : "");
        var data = string.Join(", ", setup.Recipe.Data.Train.Select(static s => Path.GetFileName(s.Path)));
        return new RunRecord
        {
            Title = $"{kind} of {Path.GetFileName(Path.GetFullPath(setup.Recipe.Model))} on {data}",
            Facts =
            [
                new("Result", saved),
                .. setup.Model.Folder.HeldAs is null ? Array.Empty<Fact>() : [new("Base", RunBase.Fact(setup.Model.Folder))],
                .. setup.Teacher is { } teacher && teacher.Context.Folder.HeldAs is not null ? [new("Teacher", teacher.Fact)] : Array.Empty<Fact>(),
                new("Trained on", $"{Numbers.Count(setup.Data.Train.Count)} rows, {Numbers.Count(setup.Data.Train.Sum(static e => (long)e.TrainedTokens))} trained tokens"),
                .. setup.Data.Augmented is { } augmented ? [new Fact("Augmented rows", augmented.Fact)] : Array.Empty<Fact>(),
                .. setup.Data.Selected.Select(static s => new Fact("Selected", s)),
                .. setup.Data.Replay is { } replay ? [new Fact("Replay", replay.Fact)] : Array.Empty<Fact>(),
                new("Trained weights", $"{Numbers.Count(trained)} beside {Numbers.Count(setup.Model.Folder.Parameters.Sum(static i => (long)i.Rows * i.Cols))} of the base"),
                .. setup.Data.Known is { } known ? [new("Known to the model", $"{known.Counts}; unknown rows are {known.Unknown}")] : Array.Empty<Fact>(),
                new("Rows checked", RowsFact(rows)),
                new("Steps", $"{state.Step} of {setup.Steps.Options.TotalSteps}" + (setup.Steps.Options.KeepBest && state.BestLoss is not null ? $", best at {state.BestStep}" : "")),
                new("Packing", Packing(lines)),
                new("Training time", TimeSpan.FromSeconds(state.Seconds).ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture)),
                new("Peak memory", $"{Numbers.Bytes(peakBytes)} resident, {Numbers.Bytes(setup.Memory.Plan.Total)} planned"),
                new("Saved files", parity),
            ],
            Metrics = after.ChangesFrom(before, setup.Data.Asked),
            Confusions = after.Confusions(before, setup.Data.Asked),
            Data = new DataCounts
            {
                Rows = setup.Data.Report.Rows,
                Dropped = setup.Data.Report.DroppedTooLong,
                Truncated = setup.Data.Report.Shortened,
                MaxLength = setup.Data.Report.MaxLength,
            },
            Rows = rows,
            Known = setup.Data.Known,
            Answers = after.Ends,
            Curves = new RunCurves
            {
                TrainLoss = MetricsLog.Curve(lines, "step", "loss"),
                ValidLoss = MetricsLog.Curve(lines, "valid", "loss"),
                LearningRate = MetricsLog.Curve(lines, "step", "learning_rate"),
                GradientNorm = MetricsLog.Curve(lines, "step", "gradient_norm"),
                KeptStep = setup.Steps.Options.KeepBest && state.BestLoss is not null ? state.BestStep : null,
            },
            Samples = after.Samples(before, setup.Measured, setup.Recipe.Eval.Samples),
            Memory = [.. setup.Memory.Plan.Terms.Select(static t => new MemoryLine(t.Name, t.Bytes))],
            Settings = [.. Settings(setup)],
            Warnings = warnings,
            Next = [.. Next(setup, saved)],
            Environment = [.. TrainRun.Environment(backend).Select(static p => new Fact(p.Key, p.Value)), new("seed", setup.Recipe.Train.Seed.ToString(CultureInfo.InvariantCulture)), new("attune", Manifest.Version)],
        };
    }

    private static string RowsFact(QuickCheck rows) =>
        $"{Numbers.Count(rows.Duplicates)} stand twice, {Numbers.Count(rows.Conflicts)} contradict another"
        + (rows.TestRows == 0 ? "" : $"; {Numbers.Count(rows.TestPrompts)} of {Numbers.Count(rows.TestRows)} test rows are among them");

    // Of all steps that the log holds, those before a resumption among them.
    private static string Packing(IReadOnlyList<MetricsLine> lines)
    {
        double Sum(string name) => MetricsLog.Curve(lines, "step", name).Sum(static p => p.Value);
        return $"{Numbers.Share(Sum("tokens") / Math.Max(1, Sum("rows")))} of the rows of all passes were tokens";
    }

    /// <summary>The commands to go on with, exactly as they can be pasted.</summary>
    public static IEnumerable<NextCommand> Next(RunSetup setup, string saved)
    {
        var model = setup.Method.SavesModel ? $"--model {ShellWord.Of(saved)}" : $"--model {ShellWord.Of(setup.Recipe.Model)} --adapter {ShellWord.Of(saved)}";
        if (setup.Model.Template is not null)
            yield return new NextCommand("Talk to it", $"attune chat {model}");
        var test = setup.Recipe.Data.Test.Count > 0 ? setup.Recipe.Data.Test : setup.Recipe.Data.Valid;
        if (test.Count > 0)
            yield return new NextCommand("Measure it", $"attune eval {model} --data {string.Join(' ', test.Select(s => ShellWord.Of(SourceKinds.Flag(s with { Format = s.Format ?? setup.Recipe.Data.Format }))))}{ColumnPairs.Flag(setup.Recipe.Data.Columns)} --metrics {string.Join(' ', setup.Recipe.Eval.Metrics.Select(ShellWord.Of))}{(setup.Method.Adapter is null ? $" --against {ShellWord.Of(setup.Recipe.Model)}" : " --base")}");
        yield return new NextCommand("Generate once", $"attune generate {model} {Prompt(setup)}");
    }

    // What the tuned model was asked in training, in a form that leads to the same ids: with a template the user's words, else the text as it is.
    private static string Prompt(RunSetup setup)
    {
        if (setup.Data.Asked.Questions.Count == 0)
            return "--prompt 'Once upon a time'" + (setup.Model.Template is null ? "" : " --raw");
        var asked = setup.Data.Asked.Questions[0].PromptText;
        return $"--prompt {ShellWord.Of(setup.Model.Template is null ? asked : LastLine(asked))}";
    }

    private static IEnumerable<SettingLine> Settings(RunSetup setup)
    {
        var reasons = setup.Choices.Reasons;
        foreach (var key in RecipeKeys.All.Where(k => k.Idle(setup.Recipe) is null))
            yield return new SettingLine(key.Name, key.Write(setup.Recipe), reasons.GetValueOrDefault(key.Name) ?? "given or default");
    }

    // Role markers of a template are words of their own lines; the user's text is the longest line.
    private static string LastLine(string text) => text.Split('\n').MaxBy(static l => l.Length)!.Trim();
}
