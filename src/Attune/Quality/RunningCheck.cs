namespace Attune.Quality;

/// <summary>A check at work: what it has found so far, and the first examples of it.</summary>
internal sealed class RunningCheck(QualityCheckKind kind, QualityCheck check, QualityRemedy? remedy, int examples) : IDisposable
{
    private readonly List<Concern> first = [];

    /// <summary>What it is.</summary>
    public QualityCheckKind Kind => kind;

    /// <summary>The check.</summary>
    public QualityCheck Check => check;

    /// <summary>The remedy that it serves; null where it only reports.</summary>
    public QualityRemedy? Remedy => remedy;

    /// <summary>Rows that are concerned.</summary>
    public long Concerned { get; private set; }

    /// <summary>Remembers a row.</summary>
    public void Add(Concern concern)
    {
        Concerned++;
        if (first.Count < examples) first.Add(concern);
    }

    /// <summary>What is said of it in the end.</summary>
    public QualityFinding Finding(RowLedger ledger, long rows)
    {
        var summary = check.Summarise(Concerned, rows);
        return new QualityFinding(kind.Name, kind.Title, summary.Severity, Concerned, rows == 0 ? 0 : (double)Concerned / rows, summary.Text,
            summary.Figures, summary.Tables, [.. first.Select(c => Example(ledger, c))], [.. kind.Remedies.Select(static r => r.Name)]);
    }

    /// <inheritdoc />
    public void Dispose() => check.Dispose();

    private static QualityExample Example(RowLedger ledger, Concern concern)
    {
        var (prompt, answer) = ledger.ExcerptOf(concern.Row);
        QualityExample? other = null;
        if (concern.Other >= 0)
        {
            var (otherPrompt, otherAnswer) = ledger.ExcerptOf(concern.Other);
            other = new QualityExample(ledger.PlaceOf(concern.Other), "", otherPrompt, otherAnswer);
        }
        return new QualityExample(ledger.PlaceOf(concern.Row), concern.Why, prompt, answer, other);
    }
}
