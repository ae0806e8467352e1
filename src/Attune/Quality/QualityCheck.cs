namespace Attune.Quality;

/// <summary>
/// One look at a data set while its rows stream by. It keeps counts, sketches or records on a scratch file, never the rows: memory is bounded,
/// however large the data. The frame (<see cref="QualityScan"/>) counts the rows concerned and keeps the first as examples.
/// </summary>
/// <remarks>Evaluation rows come first, all of them; then the rows that are looked at, in the order of the files.</remarks>
internal abstract class QualityCheck : IDisposable
{
    /// <summary>
    /// What takes long and says something of the row alone: found on several threads, ahead of the rows' turns, and given to <see cref="Look"/> by
    /// <see cref="QualityRow.Found"/>. Null where nothing takes long.
    /// </summary>
    public virtual object? Find(QualityRow row) => null;

    /// <summary>Looks at a row: why it is concerned, where that can be told at once; null where it is not, or where only the whole can tell.</summary>
    public abstract string? Look(QualityRow row);

    /// <summary>Looks at a record that could not be read, or that has no shape to learn from.</summary>
    public virtual string? LookUnreadable(UnreadableRow row) => null;

    /// <summary>Sees a row of the evaluation files, before all others.</summary>
    public virtual void SeeEvaluation(QualityRow row)
    {
    }

    /// <summary>The rows that only the whole can tell, ascending; asked once, behind the last row.</summary>
    /// <param name="gone">Rows that earlier remedies have taken out, by their id: they do not count.</param>
    /// <param name="cancel">Honoured often.</param>
    public virtual IEnumerable<Concern> Late(RowMarks gone, CancellationToken cancel) => [];

    /// <summary>What was found, behind everything else.</summary>
    /// <param name="concerned">How many rows are concerned.</param>
    /// <param name="rows">Rows that were looked at, unreadable ones too.</param>
    public abstract QualitySummary Summarise(long concerned, long rows);

    /// <summary>Gives scratch files back.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>A row that a check has something to say of.</summary>
/// <param name="Row">Its id.</param>
/// <param name="Why">What, in words that follow the row's place: <c>repeats row 3</c>.</param>
/// <param name="Other">The id of the row that it is held against; −1 for none.</param>
internal readonly record struct Concern(int Row, string Why, int Other = -1);

/// <summary>How much a finding matters.</summary>
public enum QualitySeverity
{
    /// <summary>Nothing to do.</summary>
    Fine,

    /// <summary>Worth knowing.</summary>
    Note,

    /// <summary>Likely to make the model worse.</summary>
    Warning,

    /// <summary>Must be mended: training would be refused, or its measurement would mean nothing.</summary>
    Error,
}

/// <summary>What a check says in the end.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Text">One sentence, with the numbers in it.</param>
internal sealed record QualitySummary(QualitySeverity Severity, string Text)
{
    /// <summary>Numbers by name, for <c>--json</c> and pages.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures { get; init; } = [];

    /// <summary>Counts by label (histograms, balances), for text, <c>--json</c> and plots.</summary>
    public IReadOnlyList<QualityTable> Tables { get; init; } = [];
}

/// <summary>Counts by label.</summary>
/// <param name="Name">What is counted.</param>
/// <param name="Rows">In the order in which they are shown.</param>
public sealed record QualityTable(string Name, IReadOnlyList<(string Label, double Value)> Rows)
{
    /// <summary>Whether the labels are ranges in their order, as in a histogram.</summary>
    public bool Ordered { get; init; }
}
