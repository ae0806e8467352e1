using Attune.Runs;
using Attune.Training;

namespace Attune;

/// <summary>Something that happened in a run.</summary>
/// <param name="Stage"><c>data</c>, <c>choice</c>, <c>plan</c>, <c>before</c> (measuring), <c>training</c>, <c>after</c> (measuring) or <c>memory</c> (what is known by heart).</param>
/// <param name="Message">The same in words.</param>
public sealed record FineTuneProgress(string Stage, string Message)
{
    /// <summary>Steps or answers done; 0 where nothing is counted.</summary>
    public int Done { get; init; }

    /// <summary>Steps or answers in all; 0 where nothing is counted.</summary>
    public int Total { get; init; }

    /// <summary>Mean loss per trained token of the last step, in nats; null outside of training.</summary>
    public double? Loss { get; init; }

    /// <summary>Mean loss on the validation rows, where they were just measured.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>What a notice of the run says to an application; null for what only a terminal shows.</summary>
    internal static FineTuneProgress? Of(RunNotice notice) => notice switch
    {
        NoticeText n => new("plan", n.Text),
        NoticeData n => new("data", FormattableString.Invariant($"{n.Role}: {n.Report.Examples} examples, {n.Report.Tokens} tokens")),
        NoticeChoice n => new("choice", $"{n.Key} = {n.Value}: {n.Reason}"),
        NoticePacking n => new("plan", $"packing: {Reports.Numbers.Share(n.Efficiency)} of the rows of all passes are tokens"),
        NoticePlan n => new("plan", $"memory: {Reports.Numbers.Bytes(n.Plan.Total)} of {Reports.Numbers.Bytes(n.Limit)}"),
        NoticeDuration n => new("plan", FormattableString.Invariant($"time: about {n.Duration.Total.TotalSeconds:F0} s, {n.Duration.Basis}")),
        NoticeProgress n => new(n.Stage, $"measuring {n.Stage}: {n.Detail}") { Done = n.Done, Total = n.Total },
        NoticeTraining { Event: StepDone e } => new("training", FormattableString.Invariant($"step {e.Step} of {e.TotalSteps}: loss {e.Loss:F4}")) { Done = e.Step, Total = e.TotalSteps, Loss = e.Loss },
        NoticeTraining { Event: Validated e } => new("training", FormattableString.Invariant($"step {e.Step}: validation loss {e.Loss:F4}")) { Done = e.Step, ValidationLoss = e.Loss },
        NoticeTraining { Event: TrainingEnded e } => new("training", FormattableString.Invariant($"ended at step {e.Step}: {e.Reason}")) { Done = e.Step },
        _ => null,
    };
}
