using Attune.Reports;
using Attune.Reports.TensorBoard;
using Attune.Training;

namespace Attune.Runs;

/// <summary>Keeps the history of a run as it goes: metrics.jsonl, TensorBoard's events, and at every checkpoint trainer_state.json.</summary>
internal sealed class RunLog : IDisposable
{
    private readonly RunDirectory run;
    private readonly RunSetup setup;
    private readonly MetricsLog metrics;
    private readonly EventFile events;

    /// <summary>Opens the files.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="setup">What is run.</param>
    /// <param name="resumedAt">The step that a resumed run goes on from; null for a new run.</param>
    /// <param name="clock">For TensorBoard's events.</param>
    public RunLog(RunDirectory run, RunSetup setup, int? resumedAt, TimeProvider clock)
    {
        (this.run, this.setup) = (run, setup);
        metrics = MetricsLog.Open(run.Metrics, resumedAt ?? 0);
        try
        {
            events = EventFile.Begin(run.Path, resumedAt, clock);
        }
        catch
        {
            metrics.Dispose();
            throw;
        }
    }

    /// <summary>Takes an event of the training loop.</summary>
    public void Take(TrainingEvent e)
    {
        switch (e)
        {
            case StepDone s:
                metrics.Append(new MetricsLine("step", s.Step,
                [
                    new("loss", s.Loss), new("gradient_norm", s.GradientNorm), new("learning_rate", s.LearningRate), new("epoch", s.Epoch),
                    new("trained_tokens", s.TrainedTokens), new("tokens", s.Tokens), new("rows", s.Rows), new("seconds", s.Seconds),
                ]));
                events.Write(s.Step,
                    ("train/loss", s.Loss), ("train/gradient_norm", s.GradientNorm), ("train/learning_rate", s.LearningRate), ("train/epoch", s.Epoch),
                    ("speed/tokens_per_second", s.Tokens / Math.Max(1e-9, s.Seconds)));
                break;
            case Validated v:
                metrics.Append(new MetricsLine("valid", v.Step, [new("loss", v.Loss), new("best", v.IsBest ? 1 : 0)]));
                events.Write(v.Step, ("valid/loss", v.Loss));
                break;
            case CheckpointSaved saved:
                WriteState(saved.Step, setup.Steps.Options.KeepBest ? "checkpoints/best.safetensors" : null);
                break;
        }
    }

    /// <summary>Writes down what the run came to: every measurement before (step 0) and after, and where the best weights are now.</summary>
    public void Finish(int step, IReadOnlyList<MetricChange> changes, string saved)
    {
        foreach (var (at, value) in new (int, Func<MetricChange, double>)[] { (0, static m => m.Before), (step, static m => m.After) })
            events.Write(at, [.. changes.Select(m => ($"test/{m.Name.Replace(' ', '_')}", value(m)))]);
        WriteState(step, Path.GetFileName(saved));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        metrics.Dispose();
        events.Dispose();
    }

    private void WriteState(int step, string? best) => new TrainerStateFile
    {
        Lines = MetricsLog.Read(run.Metrics),
        Step = step,
        MaxSteps = setup.Steps.Options.TotalSteps,
        Epochs = setup.Recipe.Train.Epochs,
        EvalSteps = setup.Steps.Options.EvalEvery,
        SaveSteps = setup.Steps.Options.SaveEvery,
        Best = best,
    }.Save(run.TrainerState);
}
