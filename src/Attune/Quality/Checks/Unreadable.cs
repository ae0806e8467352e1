using Attune.Problems;

namespace Attune.Quality.Checks;

/// <summary>Records that training would refuse: no JSON, a field missing, no answer. One pass; a count for each kind of fault.</summary>
internal sealed class Unreadable : QualityCheck
{
    // Messages name rows' own words; beyond this many different ones, the rest is one.
    private const int MostKinds = 50;

    private readonly SortedDictionary<string, long> faults = new(StringComparer.Ordinal);

    public static QualityCheckKind Kind { get; } = new("unreadable", "rows that cannot be learned from", "one pass", static _ => new Unreadable())
    {
        Remedies = [new("unreadable", "drops rows that cannot be read or learned from")],
    };

    public override string? Look(QualityRow row) => null;

    public override string? LookUnreadable(UnreadableRow row)
    {
        var problem = row.Problems.First[0];
        var fault = WithoutExcerpt(problem.Message);
        if (!faults.ContainsKey(fault) && faults.Count >= MostKinds) fault = "other faults";
        faults[fault] = faults.GetValueOrDefault(fault) + 1;
        return row.Problems.Count == 1 ? problem.Message : $"{problem.Message} (and {row.Problems.Count - 1} more)";
    }

    public override QualitySummary Summarise(long concerned, long rows) => new(
        concerned == 0 ? QualitySeverity.Fine : QualitySeverity.Error,
        concerned == 0 ? "every row can be read and learned from"
            : $"{concerned.Grouped()} of {rows.Grouped()} rows cannot be learned from, and training refuses them")
    {
        Tables = faults.Count == 0 ? [] : [new("faults", [.. faults.OrderByDescending(static f => f.Value).Select(static f => (f.Key, (double)f.Value))])],
    };

    // What is quoted of a row stands behind a colon or in "near"; kinds of faults are told apart without it.
    private static string WithoutExcerpt(string message)
    {
        var cut = message.IndexOfAny([':', ',']);
        return cut < 0 ? message : message[..cut];
    }
}
