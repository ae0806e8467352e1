using Attune.Evaluation;
using Attune.Evaluation.Metrics;
using Attune.Problems;

namespace Attune.Selection;

/// <summary>What labels are read from.</summary>
/// <param name="Answers">What each row answers.</param>
/// <param name="FieldOf">The texts that the rows have in a field; null where none has it.</param>
internal sealed record LabelSource(IReadOnlyList<string> Answers, Func<string, IReadOnlyList<string>?> FieldOf);

/// <summary>What rows are counted as where a budget is spread over labels.</summary>
internal sealed class RowLabels
{
    /// <summary>Labels where the answers are some, else none: what holds where nothing is said.</summary>
    public const string Auto = "auto";

    /// <summary>No labels: all rows alike.</summary>
    public const string None = "none";

    private const string Given = "give label, or label:PATTERN with a regular expression for the label in the answer";

    private readonly Func<LabelSource, IReadOnlyList<string>> read;

    private RowLabels(LabelSource rows, string where, Func<LabelSource, IReadOnlyList<string>> read) => (Where, this.read, OfRow) = (where, read, read(rows));

    /// <summary>The label of every row; empty where it has none.</summary>
    public IReadOnlyList<string> OfRow { get; }

    /// <summary>What they are, for messages.</summary>
    public string Where { get; }

    /// <summary>The labels of rows, found by a rule; null where all rows are alike.</summary>
    /// <param name="rule"><see cref="Auto"/>, <see cref="None"/>, <c>label</c> or <c>label:PATTERN</c> as the metric of that name reads answers, or a field of the rows.</param>
    /// <param name="rows">The rows.</param>
    /// <exception cref="UserErrorException">By this rule they have no labels.</exception>
    public static RowLabels? Find(string rule, LabelSource rows)
    {
        if (rule == None)
            return null;
        if (rule == Auto)
        {
            // Whole answers, not their first lines: letters that all begin with the same words are no labels.
            return Repeat(rows.Answers) ? new RowLabels(rows, "the answers", static s => [.. s.Answers.Select(static a => LabelCounts.MayBeLabel(a) ? LabelMetric.Whole(a) ?? "" : "")]) : null;
        }
        if (rows.FieldOf(rule) is not null)
            return new RowLabels(rows, $"the texts of the field {rule}", s => s.FieldOf(rule) ?? [.. s.Answers.Select(static _ => "")]).Require(rule);
        if (rule != "label" && !rule.StartsWith("label:", StringComparison.Ordinal))
            throw new UserErrorException($"--per {rule}", "is no field of the rows", $"name a field that says what a row is about, {Given}, auto or none");
        var parsed = MetricTable.Parse(rule);
        var metric = parsed.Metric as LabelMetric ?? throw new UserErrorException($"--per {rule}", parsed.Problem ?? "is no label", Given);
        return new RowLabels(rows, rule == "label" ? "the first lines of the answers" : $"what {rule} finds in the answers", s => [.. s.Answers.Select(a => metric.Of(a) ?? "")]).Require(rule);
    }

    /// <summary>The labels of other rows, by the same rule.</summary>
    public IReadOnlyList<string> Of(LabelSource others) => read(others);

    private RowLabels Require(string rule) => Repeat(OfRow) ? this : throw new UserErrorException(
        $"--per {rule}", $"{Where} are no labels: {OfRow.Where(static l => l.Length > 0).Distinct(StringComparer.Ordinal).Count()} different texts on {OfRow.Count} rows, where labels are short and each stands in several rows",
        $"name a field that says what a row is about, {Given}, or none");

    private static bool Repeat(IReadOnlyList<string> texts)
    {
        var counts = new LabelCounts();
        foreach (var text in texts)
            counts.Add(text);
        return counts.AreLabels;
    }
}
