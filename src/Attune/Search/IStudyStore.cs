namespace Attune.Search;

/// <summary>
/// The trials of one study, where several processes on several machines work on them. Every operation is atomic: it happens whole or not at all,
/// and one after the other. A trial that runs belongs to its owner until its lease ends; signs of life (<see cref="Beat"/>)
/// move that on, and a trial whose lease has ended is the next one's to claim. What an owner does with a trial that is no longer its own changes
/// nothing and answers false: it must stop working on it.
/// </summary>
public interface IStudyStore : IDisposable
{
    /// <summary>
    /// Takes a trial: the lowest of those that wait or whose lease has ended; else a new one with the next number, counted from 0.
    /// </summary>
    /// <param name="owner">Who takes it; different for every process and every one of its workers.</param>
    /// <param name="lease">How long it is theirs without a sign of life.</param>
    /// <param name="propose">
    /// Gets the number of the new trial and all trials before it, by number, and gives its values; null for no more trials. Called within the
    /// operation, so that no two proposals are made from the same trials: it must be quick, and must not use the store. May be called again where
    /// the store has to try again.
    /// </param>
    /// <returns>The trial as it is now: running, this owner's, with what an earlier attempt reported; null where there is none to take.</returns>
    Trial? Claim(string owner, TimeSpan lease, Func<int, IReadOnlyList<Trial>, IReadOnlyList<ParameterValue>?> propose);

    /// <summary>A sign of life.</summary>
    /// <returns>Whether the trial is still this owner's.</returns>
    bool Beat(int number, string owner, TimeSpan lease);

    /// <summary>Adds a value that was measured on the way, in the place of one of the same step. Does not move the lease.</summary>
    /// <returns>Whether the trial is still this owner's.</returns>
    bool Report(int number, string owner, TrialReport report);

    /// <summary>Ends a trial.</summary>
    /// <returns>Whether it was still this owner's.</returns>
    bool End(int number, string owner, TrialEnd end);

    /// <summary>Gives a trial back, to be taken up again: it waits.</summary>
    /// <returns>Whether it was still this owner's.</returns>
    bool Release(int number, string owner);

    /// <summary>All trials by number, as of one moment.</summary>
    IReadOnlyList<Trial> Trials();
}
