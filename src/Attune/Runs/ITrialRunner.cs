using Attune.Recipes;
using Attune.Search;

namespace Attune.Runs;

/// <summary>How a trial's run came out.</summary>
/// <param name="Result">The study's metric; null where the run did not come to its end.</param>
/// <param name="Error">Why it failed; null where it did not.</param>
/// <remarks>With neither it was stopped, and can be gone on with.</remarks>
public sealed record TrialOutcome(double? Result, string? Error)
{
    /// <summary>Stopped on request.</summary>
    public static TrialOutcome Stopped { get; } = new(null, null);
}

/// <summary>A trial to be run.</summary>
/// <param name="Folder">Of its run; may hold an earlier attempt, which is gone on with.</param>
/// <param name="Recipe">Complete, but for <c>output</c>.</param>
/// <param name="Metric">The metric of the study; null for the loss on the validation rows.</param>
public sealed record TrialWork(string Folder, Recipe Recipe, string? Metric);

/// <summary>Runs trials, each so far from the others that the worst that one can do is to fail.</summary>
public interface ITrialRunner
{
    /// <summary>Runs a trial to its end, or until it is stopped.</summary>
    /// <param name="work">What.</param>
    /// <param name="report">Told every loss on the validation rows.</param>
    /// <param name="stop">Ends it at its next step, with a checkpoint.</param>
    TrialOutcome Run(TrialWork work, Action<TrialReport> report, CancellationToken stop);
}
