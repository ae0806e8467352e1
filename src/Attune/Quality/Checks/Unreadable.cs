using Attune.Data;
using Attune.Problems;

namespace Attune.Quality.Checks;

/// <summary>Records that training would refuse: no JSON, a field missing, no answer. One pass; a count for each kind of fault.</summary>
internal sealed class Unreadable : QualityCheck
{
    private static readonly Dictionary<RowFault, string> Names = new()
    {
        [RowFault.Record] = "cannot be read",
        [RowFault.Fields] = "other fields than the others",
        [RowFault.Content] = "a field that does not hold what it must",
        [RowFault.Empty] = "an empty answer",
    };

    private readonly SortedDictionary<RowFault, long> faults = [];

    public static QualityCheckKind Kind { get; } = new("unreadable", "rows that cannot be learned from", "one pass", static _ => new Unreadable())
    {
        Remedies = [new("unreadable", "drops rows that cannot be read or learned from")],
    };

    public override string? Look(QualityRow row) => null;

    public override string? LookUnreadable(UnreadableRow row)
    {
        var problem = row.Problems.First[0];
        var fault = row.Problems.Faults[0];
        faults[fault] = faults.GetValueOrDefault(fault) + 1;
        return row.Problems.Count == 1 ? problem.Message : $"{problem.Message} (and {row.Problems.Count - 1} more)";
    }

    public override QualitySummary Summarise(long concerned, long rows) => new(
        concerned == 0 ? QualitySeverity.Fine : QualitySeverity.Error,
        concerned == 0 ? "every row can be read and learned from"
            : $"{concerned.Grouped()} of {rows.Grouped()} rows cannot be learned from, and training refuses them")
    {
        Tables = faults.Count == 0 ? [] : [new("faults", [.. faults.OrderByDescending(static f => f.Value).Select(static f => (Names[f.Key], (double)f.Value))])],
    };
}
