using Attune.Evaluation.Metrics;

namespace Attune.Evaluation.Suites;

/// <summary>
/// Closed-book questions with several accepted answers, after SQuAD's normal form: the answer is one of them; one of them stands in it,
/// as whole words; the highest F1 of words with one of them.
/// </summary>
internal sealed class AcceptedAnswer : Metric
{
    public override Evidence Needs => Evidence.Answers;

    public override IEnumerable<Score> Measure(Observed seen)
    {
        var pairs = seen.Questions.Zip(seen.Answers, static (q, a) => (q.Accepted, a.Text)).ToArray();
        yield return new Score("an accepted answer", MetricUnit.Fraction, new MeanScores([.. pairs.Select(static p => Is(p.Accepted, p.Text))]));
        yield return new Score("an accepted answer is in it", MetricUnit.Fraction, new MeanScores([.. pairs.Select(static p => Holds(p.Accepted, p.Text))]));
        yield return new Score("F1 with the nearest accepted answer", MetricUnit.Fraction, new MeanScores(pairs.Select(static p => p.Accepted.Max(a => WordOverlap.F1(a, p.Text)))));
    }

    internal static bool Is(IReadOnlyList<string> accepted, string written) => accepted.Any(a => WordOverlap.Normalized(a) == WordOverlap.Normalized(written));

    internal static bool Holds(IReadOnlyList<string> accepted, string written)
    {
        var text = $" {WordOverlap.Normalized(written)} ";
        return accepted.Any(a => WordOverlap.Normalized(a) is { Length: > 0 } plain && text.Contains($" {plain} ", StringComparison.Ordinal));
    }
}
