namespace Attune.Training;

/// <summary>All that a run knows beside weights and moments. Data order, learning rate and dropout are functions of the step, so that this little suffices.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Epoch">Passes over the data that are complete.</param>
/// <param name="StepInEpoch">Steps of this epoch that are complete.</param>
/// <param name="BestLoss">Lowest validation loss; null before the first.</param>
/// <param name="BestStep">Where it was.</param>
/// <param name="Worse">Validations since then.</param>
/// <param name="Seconds">Time spent training.</param>
/// <param name="ValidatedStep">Step of the last validation: one that was interrupted is made up for on resuming.</param>
public sealed record TrainingState(int Step, int Epoch, int StepInEpoch, double? BestLoss, int BestStep, int Worse, double Seconds, int ValidatedStep = 0)
{
    /// <summary>Before the first step.</summary>
    public static TrainingState Start { get; } = new(0, 0, 0, null, 0, 0, 0);
}
