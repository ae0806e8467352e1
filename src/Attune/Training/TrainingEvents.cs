namespace Attune.Training;

/// <summary>Something that happened in a run; console, metrics files and reports listen.</summary>
public abstract record TrainingEvent(int Step);

/// <summary>An optimizer step is done.</summary>
/// <param name="Step">Steps done with this one.</param>
/// <param name="TotalSteps">Steps planned.</param>
/// <param name="Epoch">Passes over the data so far, with fraction.</param>
/// <param name="Loss">Mean loss per trained token, in nats.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="LearningRate">That was used.</param>
/// <param name="TrainedTokens">Tokens that had a loss.</param>
/// <param name="Tokens">All tokens read.</param>
/// <param name="Rows">Rows computed: the tokens and what filled passes up.</param>
/// <param name="Seconds">Duration of the step.</param>
public sealed record StepDone(
    int Step, int TotalSteps, double Epoch, double Loss, double GradientNorm, double LearningRate, int TrainedTokens, int Tokens, int Rows, double Seconds)
    : TrainingEvent(Step);

/// <summary>The validation rows were measured.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Mean loss per trained token, in nats.</param>
/// <param name="IsBest">Whether it is the lowest so far.</param>
public sealed record Validated(int Step, double Loss, bool IsBest) : TrainingEvent(Step);

/// <summary>A checkpoint is on disk.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Path">Its folder.</param>
public sealed record CheckpointSaved(int Step, string Path) : TrainingEvent(Step);

/// <summary>The loop is over.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record TrainingEnded(int Step, string Reason) : TrainingEvent(Step);
