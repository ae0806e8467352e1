using System.Text.Json;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Training;

namespace Attune.Runs;

/// <summary>
/// A run that measures what its study compares and nothing else: no before, no estimate of its time, no report. The run of the best recipe, which is the
/// one that counts, has them all.
/// </summary>
internal static class TrialRun
{
    // A run's last file: with it there is nothing left to do.
    private const string ResultName = "result.json";

    /// <summary>Tunes and measures.</summary>
    /// <param name="recipe">Complete, with its folder as output.</param>
    /// <param name="resumes">Whether an earlier attempt is gone on with.</param>
    /// <param name="backend">Trains and validates; a metric is measured on its <see cref="Backend.Exact"/>.</param>
    /// <param name="metric">What is measured; null for the loss on the validation rows, which training measures anyhow.</param>
    /// <param name="notice">Gets everything worth seeing.</param>
    /// <param name="cancel">Stops with a checkpoint.</param>
    /// <exception cref="UserErrorException">Recipe, model or data are wrong.</exception>
    /// <exception cref="RunFailedException">There is nothing to compare.</exception>
    public static double Execute(Recipe recipe, bool resumes, Backend backend, string? metric, Action<RunNotice> notice, CancellationToken cancel)
    {
        using var setup = RunSetup.Prepare(recipe, backend, notice, cancel);
        setup.Teacher?.Load(notice, cancel);
        var run = resumes ? RunDirectory.Existing(recipe.Output!) : RunDirectory.Create(recipe.Output, recipe.Model, recipe.Data.Train[0].File, TimeProvider.System);
        RunBase.Load(setup.Model.Folder, notice, cancel);
        using var arena = Arena.OfBytes(setup.Memory.Plan.Arena);
        using var model = TrainingModel.Build(setup.Model.Folder, setup.Method, backend, arena);
        var (checkpoints, from) = TrainRun.Open(run, setup, backend, resumes, anyArithmetic: false);
        using var prefix = setup.Memory.Prefix?.Open(run, setup.DiskBytes, notice);
        if (model.HoldsEveryWeight)
            setup.Model.Folder.ReleaseWeights();
        using var log = new RunLog(run, setup, resumes ? from is null ? 0 : Checkpoints.StepOf(from) : null, TimeProvider.System);
        var state = TrainRun.Train(setup, log, model, backend, arena, checkpoints, prefix, from, notice, cancel);
        var result = metric is null ? LossOf(run, setup) : Measure(metric, run, setup, model, backend.Exact, arena, notice, cancel);
        var saved = RunOutput.Save(run, setup, model);
        RunOutput.CheckParity(saved, setup, model, backend.Exact, arena);
        log.Finish(state.Step, [], saved);
        checkpoints.Clear();
        run.Write(Path.Combine(run.Path, ResultName), JsonText.Of(json => json.WriteNumber("result", result)));
        return result;
    }

    /// <summary>The result of a trial that is over; null where it is not.</summary>
    public static double? ResultIn(string folder)
    {
        var path = Path.Combine(folder, ResultName);
        if (!File.Exists(path))
            return null;
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        return json.RootElement.GetProperty("result").GetDouble();
    }

    // Of the checkpoint that was kept.
    private static double LossOf(RunDirectory run, RunSetup setup)
    {
        var losses = MetricsLog.Curve(MetricsLog.Read(run.Metrics), "valid", "loss");
        if (losses.Count == 0)
            throw new RunFailedException(new Problem(run.Path, "nothing was validated", "give data.valid, or lower train.eval_every"));
        return setup.Steps.Options.KeepBest ? losses.Min(static p => p.Value) : losses[^1].Value;
    }

    // Without test rows in the recipe, what is measured on are the validation rows.
    private static double Measure(
        string metric, RunDirectory run, RunSetup setup, TrainingModel model, Backend backend, Arena arena, Action<RunNotice> notice, CancellationToken cancel)
    {
        var measured = Measurement.Of(setup.Measured, setup.Model.Tokenizer, model.Decoder, model.Adapters, backend, arena, "after", notice, cancel);
        var scores = setup.Data.Asked.Metrics.FirstOrDefault(m => m.Name == metric)?.Measure(measured.Seen) ?? [];
        return scores.FirstOrDefault(static s => s.Rows.Rows > 0)?.Rows.Value is { } value && double.IsFinite(value)
            ? value
            : throw new RunFailedException(new Problem(run.Path, $"{metric} was not measured", "choose another search.metric"));
    }
}
