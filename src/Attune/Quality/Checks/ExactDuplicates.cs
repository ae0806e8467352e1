using Attune.Problems;

namespace Attune.Quality.Checks;

/// <summary>
/// Rows that say the same as an earlier one, but for case and white space (<see cref="RowKey"/>). The first of each group is no duplicate.
/// </summary>
internal sealed class ExactDuplicates(RowLedger ledger) : QualityCheck
{
    private long groups, largest;

    public static QualityCheckKind Kind { get; } = new("exact", "exact duplicates", "one pass; 16 bytes a row on a scratch file, 4 in memory", static c => new ExactDuplicates(c.Ledger))
    {
        Remedies = [new("exact", "drops rows that repeat an earlier one but for case and white space")],
    };

    public override string? Look(QualityRow row) => null;

    public override IEnumerable<Concern> Late(RowMarks gone, CancellationToken cancel)
    {
        var first = new int[ledger.Count];
        Array.Fill(first, -1);
        KeyGroups.Each(ledger, gone, static k => k.Prompt ^ ulong.RotateLeft(k.Answer, 32), rows =>
        {
            // Rows of a group are sorted by answer, and equal answers under one mixed key have equal prompts.
            for (int start = 0, end; start < rows.Length; start = end)
            {
                end = start + 1;
                for (; end < rows.Length && rows[end].Answer == rows[start].Answer; end++) first[rows[end].Id] = rows[start].Id;
                groups += end - start > 1 ? 1 : 0;
                largest = Math.Max(largest, end - start);
            }
        }, cancel);
        for (var id = ledger.FirstLooked; id < first.Length; id++)
        {
            if (first[id] >= 0) yield return new Concern(id, $"says the same as {ledger.PlaceOf(first[id], id)}", first[id]);
        }
    }

    public override QualitySummary Summarise(long concerned, long rows)
    {
        var share = rows == 0 ? 0 : (double)concerned / rows;
        return new QualitySummary(
            concerned == 0 ? QualitySeverity.Fine : share < 0.01 ? QualitySeverity.Note : QualitySeverity.Warning,
            concerned == 0 ? "no row repeats another" : $"{concerned.Grouped()} of {rows.Grouped()} rows repeat an earlier one ({groups.Grouped()} texts stand more than once, one of them {largest.Grouped()} times)")
        {
            Figures = [("groups", groups), ("largest_group", largest)],
        };
    }
}
