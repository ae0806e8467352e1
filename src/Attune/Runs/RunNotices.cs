using Attune.Data;
using Attune.Training;

namespace Attune.Runs;

/// <summary>Something that a run wants to be seen; the console renders it, nothing below it writes.</summary>
public abstract record RunNotice
{
    /// <summary>What of it the report says as a warning too.</summary>
    internal virtual IEnumerable<string> Warnings => [];
}

/// <summary>A sentence.</summary>
public sealed record NoticeText(string Text) : RunNotice;

/// <summary>A value that the run chose, and why.</summary>
public sealed record NoticeChoice(string Key, string Value, string Reason) : RunNotice;

/// <summary>What the data turned out to be.</summary>
public sealed record NoticeData(string Role, DataReport Report, IReadOnlyList<Preview> Previews) : RunNotice
{
    internal override IEnumerable<string> Warnings => Report.Warnings;
}

/// <summary>What became of augmented rows at the border of training and validation.</summary>
public sealed record NoticeAugmented(AugmentedRows Counts) : RunNotice
{
    internal override IEnumerable<string> Warnings => Counts.Warnings;
}

/// <summary>What is mixed into the training rows, and what is left out of it.</summary>
public sealed record NoticeReplay(RunReplay Replay) : RunNotice
{
    internal override IEnumerable<string> Warnings => Replay.Warnings;
}

/// <summary>How the training rows lie in steps and passes.</summary>
/// <param name="Efficiency">The share of computed rows that are tokens, in the first epoch, from 0 to 1.</param>
/// <param name="Steps">Steps of the first epoch.</param>
/// <param name="StepTokens">Tokens of a step at the most.</param>
/// <param name="PassRows">Rows of the largest pass.</param>
public sealed record NoticePacking(double Efficiency, int Steps, int StepTokens, int PassRows) : RunNotice;

/// <summary>The memory plan.</summary>
public sealed record NoticePlan(MemoryPlan Plan, long Limit) : RunNotice;

/// <summary>How long the run is expected to take.</summary>
public sealed record NoticeDuration(RunDuration Duration) : RunNotice;

/// <summary>Matrices of the base are quantised while it is loaded.</summary>
public sealed record NoticeQuantising(int Done, int Total) : RunNotice;

/// <summary>A long step moved on.</summary>
public sealed record NoticeProgress(string Stage, int Done, int Total, string Detail = "") : RunNotice;

/// <summary>The training loop reports.</summary>
public sealed record NoticeTraining(TrainingEvent Event) : RunNotice;
