using System.Diagnostics;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Objectives;
using Attune.Problems;

namespace Attune.Training;

/// <summary>The one loop: steps, validations, checkpoints, an early end. What the loss is, what trains and who listens are parameters.</summary>
/// <param name="model">What is trained.</param>
/// <param name="packer">The steps of every epoch.</param>
/// <param name="options">How.</param>
/// <param name="backend">Runs the kernels.</param>
/// <param name="arena">Memory, as planned.</param>
/// <param name="checkpoints">Where to save.</param>
/// <param name="validate">Mean loss on the validation rows; null where there are none.</param>
/// <param name="raise">Gets the events.</param>
/// <param name="prefix">What enters the lowest trained block, kept; null for nothing.</param>
public sealed class Trainer(
    TrainingModel model, Packer packer, TrainerOptions options, Backend backend, Arena arena,
    Checkpoints checkpoints, Func<CancellationToken, double>? validate, Action<TrainingEvent> raise,
    PrefixCache? prefix = null)
{
    private readonly GradientStep gradients = new(model, backend, arena, options, prefix);
    private readonly AdamW optimizer = new(model.Weights, backend, options.Optimizer);

    /// <summary>Trains to the end; afterwards the model holds the result.</summary>
    /// <param name="resume">A checkpoint to go on from, or null.</param>
    /// <param name="cancel">Stops between micro-batches; a checkpoint of the last whole step is saved first.</param>
    /// <returns>The state at the end.</returns>
    public TrainingState Run(string? resume, CancellationToken cancel)
    {
        var state = resume is null ? Rehearse() : checkpoints.Load(resume, model.Weights);
        var saved = state.Step;
        string? reason = null;
        try
        {
            while (true)
            {
                // What is due after a step stands before the next one, so that a run resumed in between makes up for it.
                if (validate is not null && IsDue(options.EvalEvery, state) && state.ValidatedStep < state.Step)
                    state = Validate(state, cancel);
                reason = state.Step >= options.TotalSteps ? "all steps are done" : EndsEarly(state);
                if (saved < state.Step && (reason is not null || IsDue(options.SaveEvery, state)))
                {
                    Save(state);
                    saved = state.Step;
                }
                if (reason is not null)
                    break;
                cancel.ThrowIfCancellationRequested();
                state = Step(state, cancel);
            }
        }
        catch (OperationCanceledException) when (state.Step > saved)
        {
            Save(state);
            throw;
        }
        if (options.KeepBest && state.BestLoss is not null && state.BestStep != state.Step)
            checkpoints.Load(checkpoints.BestPath, model.Weights);
        raise(new TrainingEnded(state.Step, reason));
        return state;
    }

    // A save that fails after hours is found out before the first step.
    private TrainingState Rehearse()
    {
        Save(TrainingState.Start);
        return TrainingState.Start;
    }

    private bool IsDue(int every, TrainingState state) => state.Step > 0 && (state.Step == options.TotalSteps || state.Step % every == 0);

    private void Save(TrainingState state) => raise(new CheckpointSaved(state.Step, checkpoints.Save(model.Weights, state)));

    private TrainingState Step(TrainingState state, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        var cursor = new DataCursor(state.Epoch, state.StepInEpoch);
        var step = packer.Get(cursor);
        var loss = gradients.Run(step, state.Step, cancel);
        var norm = optimizer.GradientNorm();
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
            throw NonFinite(step, state.Step, loss, norm);
        var rate = options.LearningRate.At(state.Step);
        optimizer.Step(rate, state.Step + 1, norm);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var next = packer.After(cursor);
        var done = state with { Step = state.Step + 1, Epoch = next.Epoch, StepInEpoch = next.Step, Seconds = state.Seconds + seconds };
        var epoch = cursor.Epoch + (cursor.Step + 1.0) / packer.StepsIn(cursor.Epoch);
        raise(new StepDone(done.Step, options.TotalSteps, epoch, loss, norm, rate, step.TrainedTokens, step.Tokens, packer.RowsOf(cursor), seconds));
        return done;
    }

    private TrainingState Validate(TrainingState state, CancellationToken cancel)
    {
        var loss = validate!(cancel);
        if (!double.IsFinite(loss))
        {
            throw new RunFailedException(new Problem(
                $"validation after step {state.Step}", $"the loss is {loss}", "lower train.learning_rate; the last checkpoint is good"));
        }
        var best = state.BestLoss is not { } before || loss < before;
        var after = best
            ? state with { ValidatedStep = state.Step, BestLoss = loss, BestStep = state.Step, Worse = 0 }
            : state with { ValidatedStep = state.Step, Worse = state.Worse + 1 };
        if (best && options.KeepBest)
            checkpoints.SaveBest(model.Weights, after);
        raise(new Validated(state.Step, loss, best));
        return after;
    }

    private string? EndsEarly(TrainingState state)
    {
        if (options.Patience > 0 && state.Worse >= options.Patience)
            return $"the validation loss has not fallen for {state.Worse} validations; its lowest was at step {state.BestStep}";
        return options.TimeLimit is { } limit && state.Seconds >= limit.TotalSeconds ? "the time limit is reached" : null;
    }

    private string NameOf(int example) => $"{packer.Examples[example].File}, row {packer.Examples[example].Row}";

    private RunFailedException NonFinite(OptimizerStep step, int number, double loss, double norm)
    {
        var where = gradients.FindNonFinite(step, number, NameOf) ?? "a sum of finite numbers overflowed";
        return new RunFailedException(new Problem(
            $"step {number + 1}",
            $"the loss is {loss}, the gradient norm {norm}; first seen in: {where}. The weights were not updated",
            "lower train.learning_rate, or look at the rows of that step; the last checkpoint is good"));
    }
}
