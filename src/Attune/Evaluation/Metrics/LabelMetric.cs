using System.Text.RegularExpressions;
using Attune.Problems;

namespace Attune.Evaluation.Metrics;

/// <summary>What was taken for what.</summary>
/// <param name="Labels">The labels that are expected somewhere, in the order of their bytes.</param>
/// <param name="Counts">[expected, answered]; the last column counts answers that are none of the labels.</param>
public sealed record Confusion(IReadOnlyList<string> Labels, IReadOnlyList<IReadOnlyList<int>> Counts)
{
    /// <summary>F1 of one label: 2 · right / (expected + answered); 0 where it was never right.</summary>
    public double F1(int label)
    {
        var answered = Counts.Sum(row => row[label]);
        return Counts[label][label] == 0 ? 0 : 2.0 * Counts[label][label] / (Counts[label].Sum() + answered);
    }
}

/// <summary>
/// Answers that are labels. The label of an answer is its first line, without white space, quotation marks and full stops around
/// it, in lower case; or what a regular expression finds (<c>label:PATTERN</c>). Accuracy is the share of labels that are right,
/// macro-F1 the mean of the F1 of every label that is expected.
/// </summary>
internal sealed class LabelMetric : Metric
{
    private readonly Regex? expression;

    private LabelMetric(Regex? expression) => this.expression = expression;

    public static Parsed Parse(string? pattern)
    {
        if (pattern is null)
            return new LabelMetric(null);
        return PatternMatch.Compile(pattern, out var problem) is { } expression ? new LabelMetric(expression) : Parsed.Wrong(problem!);
    }

    public override Evidence Needs => Evidence.Answers;

    public override bool? IsRight(string expected, string written) => Of(expected) is { } wanted && Of(written) == wanted;

    public override Problem? Check(Question question) => Of(question.Expected) is null
        ? new Problem(question.Place, $"{Name}: there is no label in the expected answer {PatternMatch.Quote(question.Expected)}", "give an expression that fits the answers, or mend the row")
        : null;

    public override IEnumerable<Score> Measure(Observed seen)
    {
        string[] expected = [.. seen.Questions.Select(q => Of(q.Expected) ?? "")];
        string[] labels = [.. expected.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var index = labels.Index().ToDictionary(static l => l.Item, static l => l.Index, StringComparer.Ordinal);
        int[] wanted = [.. expected.Select(e => index[e])];
        int[] given = [.. seen.Answers.Select(a => Of(a.Text) is { } label && index.TryGetValue(label, out var i) ? i : labels.Length)];
        var counts = Enumerable.Range(0, labels.Length).Select(_ => new int[labels.Length + 1]).ToArray();
        foreach (var (row, column) in wanted.Zip(given))
            counts[row][column]++;
        yield return new Score("label accuracy", MetricUnit.Fraction, new MeanScores([.. wanted.Zip(given, static (w, g) => w == g)]), new Confusion(labels, counts));
        yield return new Score("macro-F1 over labels", MetricUnit.Fraction, new MacroF1(wanted, given, labels.Length));
    }

    /// <summary>An answer's first line as a label; null where nothing is there.</summary>
    public static string? Whole(string text)
    {
        var label = ExactMatch.Plain(ExactMatch.First(text)).Trim(' ', '"', '\'', '`', '.').ToLowerInvariant();
        return label.Length == 0 ? null : label;
    }

    /// <summary>The label of an answer; null where there is none.</summary>
    public string? Of(string text) => expression is null ? Whole(text) : PatternMatch.Find(expression, text);

    /// <summary>The mean over labels of 2 · right / (expected + answered). Totals: right, expected, answered by label.</summary>
    private sealed class MacroF1(int[] wanted, int[] given, int labels) : RowScores
    {
        public override int Rows => wanted.Length;

        public override int Width => 3 * labels;

        public override void Add(int row, Span<double> totals)
        {
            totals[labels + wanted[row]]++;
            if (given[row] == labels)
                return;
            totals[2 * labels + given[row]]++;
            if (given[row] == wanted[row])
                totals[wanted[row]]++;
        }

        public override double Finish(ReadOnlySpan<double> totals)
        {
            var (sum, expected) = (0.0, 0);
            for (var label = 0; label < labels; label++)
            {
                // Of drawn rows some labels may be missing.
                if (totals[labels + label] == 0)
                    continue;
                expected++;
                sum += 2 * totals[label] / (totals[labels + label] + totals[2 * labels + label]);
            }
            return expected == 0 ? 0 : sum / expected;
        }
    }
}
