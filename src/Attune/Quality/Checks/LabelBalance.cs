using System.Globalization;
using Attune.Evaluation;
using Attune.Problems;

namespace Attune.Quality.Checks;

/// <summary>Whether the answers are labels, and how evenly they are spread.</summary>
internal sealed class LabelBalance : QualityCheck
{
    private const int MostShown = 40;

    // A model that always says one label is right so often without having learned anything.
    private const double LargeShare = 0.8;
    private const int FewRows = 8;

    private readonly LabelCounts labels = new();

    public static QualityCheckKind Kind { get; } = new("labels", "label balance", "one pass, at most 2000 labels", static _ => new LabelBalance());

    public override string? Look(QualityRow row)
    {
        labels.Add(row.Answer);
        return null;
    }

    public override QualitySummary Summarise(long concerned, long rows)
    {
        if (!labels.AreLabels) return new QualitySummary(QualitySeverity.Fine, "the answers are no labels: they are long, or nearly every row has its own");
        var table = labels.Table;
        var total = table.Sum(static l => (double)l.Rows);
        var (first, last) = (table[0], table[^1]);
        var few = table.Count(static l => l.Rows < FewRows);
        var bad = first.Rows / total > LargeShare || few > 0;
        return new QualitySummary(bad ? QualitySeverity.Warning : QualitySeverity.Fine, string.Create(CultureInfo.InvariantCulture,
            $"{table.Count} labels; the most frequent, {Name(first.Label)}, has {first.Rows.Grouped()} rows ({100 * first.Rows / total:0.#} %), the rarest, {Name(last.Label)}, {last.Rows}{(few > 0 ? $"; {few} have fewer than {FewRows}" : "")}; evenness {labels.Evenness:0.000} of 1"))
        {
            Figures = [("labels", table.Count), ("evenness", labels.Evenness), ("largest_share", first.Rows / total), ("rarest_rows", last.Rows), ("labels_with_few_rows", few)],
            Tables = [new(table.Count > MostShown ? $"labels, the {MostShown} most frequent of {table.Count}" : "labels", [.. table.Take(MostShown).Select(static l => (l.Label, (double)l.Rows))])],
        };
    }

    private static string Name(string label) => $"\"{label}\"";
}
