using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>How base and tuned weights are blended.</summary>
public sealed record BlendOptions
{
    /// <summary>Parts of the tuned weights, each from 0 to 1; the ends are always measured.</summary>
    public IReadOnlyList<double> At { get; init; } = [0, 0.25, 0.5, 0.75, 1];

    /// <summary>The part of the best gain on the validation rows that the chosen point must keep.</summary>
    public double Keep { get; init; } = 0.95;

    /// <summary>Folder of the chosen model; null for <c>blended</c> in the run's folder.</summary>
    public string? Output { get; init; }
}

/// <summary>
/// Measures a finished run at several points between its base and its tuned weights, and writes the one that keeps the gain and forgets the
/// least. What is chosen is chosen on the validation rows; the test rows only show what came of it.
/// </summary>
public static class BlendRun
{
    /// <summary>Measures and writes.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="options">Where, and what is chosen.</param>
    /// <param name="threads">Compute threads.</param>
    /// <param name="notice">Gets what is worth seeing.</param>
    /// <param name="cancel">Looked at often.</param>
    /// <exception cref="UserErrorException">The run is not finished, its rows are gone, or it does not fit into memory.</exception>
    public static BlendReport Execute(string folder, BlendOptions options, int threads, Action<RunNotice> notice, CancellationToken cancel = default)
    {
        var run = RunDirectory.Existing(folder);
        var saved = run.Saved;
        var output = options.Output ?? Path.Combine(run.Path, "blended");
        if (!Directory.Exists(saved))
            throw new UserErrorException(folder, "the run is not finished: there is no adapter and no model in it", $"go on with it: attune train --resume {folder}");
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
            throw new UserErrorException($"--out {output}", "is not empty", "give another folder, or delete it");
        var recipe = RecipeReader.ReadFile(run.Recipe);
        if (recipe.Train.FromScratch)
            throw new UserErrorException(folder, "began from random weights: there is no base to go back to", "blend a run that tuned a model");
        // Neither what is known by heart nor what is made up is measured here, and a teacher is not needed.
        recipe = recipe with { Objective = new ObjectiveRecipe(), Guard = new GuardRecipe(), Export = [], Eval = recipe.Eval with { Memorisation = 0, Suites = [] } };
        var backend = CpuBackend.Shared(threads);
        using var setup = RunSetup.Prepare(recipe, backend, static _ => { }, cancel);
        RunBase.Load(setup.Model.Folder, notice, cancel);
        var source = setup.Model.Folder;
        var (onTest, chooses) = setup.Data.Valid.Count > 0 ? (false, setup.Data.Valid) : (true, setup.Data.Test);
        if (chooses.Count == 0)
            throw new UserErrorException(folder, "has neither validation rows nor test rows: nothing could choose between its base and its tuned weights", "tune with data.valid, data.test or a data.valid_fraction above 0");
        new InferencePlan(source.WeightBytes + BlendedModel.BytesFor(source), 0).Require();
        var model = new BlendedModel(source);
        var rows = setup.Measured;
        using var arena = Arena.OfBytes(PlanArena(model.Decoder, rows, backend));
        var points = new List<BlendPoint>();
        foreach (var at in options.At.Append(0).Append(1).Distinct().Order())
        {
            model.Move(saved, at);
            var valid = TokenLosses.Measure(model.Decoder, null, chooses, rows.PassRows, backend, arena, cancel).Mean;
            var measured = Measurement.Of(rows, setup.Model.Tokenizer, model.Decoder, null, backend, arena, BlendReport.Name(at), notice, cancel);
            points.Add(new BlendPoint(at, valid, measured.General.Tokens > 0 ? measured.General.Mean : null, measured.Values(rows.Asked)));
        }
        var chosen = BlendReport.Choose(points, options.Keep);
        model.Move(saved, chosen.At);
        model.Save(output);
        if (setup.Model.Template is { } template)
            AtomicFile.WriteText(Path.Combine(output, "chat_template.jinja"), template.Source);
        var report = new BlendReport(Path.GetFileName(Path.GetFullPath(run.Path)), points, chosen, options.Keep, onTest, output, Again(output, chooses, rows, backend, arena, cancel));
        report.Write(run.Path);
        return report;
    }

    // As a stranger would load it: rounding to the base's type is in this.
    private static double Again(string output, IReadOnlyList<Data.Example> rows, MeasuredRows measured, Backend backend, Arena arena, CancellationToken cancel)
    {
        using var saved = ModelFolder.Open(output);
        return TokenLosses.Measure(saved.BuildFrozen(), null, rows, measured.PassRows, backend, arena, cancel).Mean;
    }

    private static long PlanArena(Decoder model, MeasuredRows rows, Backend backend)
    {
        var losses = TokenLosses.Plan(model, null, rows.PassRows, backend);
        var questions = rows.Asked.Questions;
        return questions.Count == 0
            ? losses
            : Math.Max(losses, Generator.Plan(model, backend, null, questions.Count, questions.Max(static q => q.Prompt.Length) + rows.MaxNewTokens));
    }
}
