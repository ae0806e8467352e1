using Attune.Search;

namespace Attune.Runs;

/// <summary>A study was opened.</summary>
/// <param name="Folder">Where its trials lie.</param>
/// <param name="Store">Where it is kept.</param>
/// <param name="Plan">What is searched.</param>
/// <param name="Trials">What earlier calls, or other processes, have done.</param>
public sealed record NoticeStudy(string Folder, string Store, SearchPlan Plan, IReadOnlyList<Trial> Trials) : RunNotice;

/// <summary>A trial began, or goes on where an earlier attempt was stopped.</summary>
public sealed record NoticeTrialBegan(Trial Trial) : RunNotice;

/// <summary>A trial measured a loss on the way.</summary>
public sealed record NoticeTrialReport(Trial Trial, TrialReport Report) : RunNotice;

/// <summary>A trial is over, or waits.</summary>
/// <param name="Trial">As it is now.</param>
/// <param name="Why">Why it was ended early; null otherwise.</param>
/// <param name="IsBest">Whether it is the best so far.</param>
public sealed record NoticeTrialEnded(Trial Trial, string? Why, bool IsBest) : RunNotice;
