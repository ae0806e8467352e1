using System.Text.RegularExpressions;
using Attune.Evaluation.Metrics;

namespace Attune.Evaluation.Suites;

/// <summary>
/// Whether the model says that it does not know where it should, and only there. Precision: of its abstentions those that were called
/// for; recall: of the rows that call for one those where it abstained; F1 of the two. What was never done has precision 0.
/// </summary>
internal sealed class Abstention : Metric
{
    private readonly IReadOnlyList<Regex> patterns;

    private Abstention(IReadOnlyList<Regex> patterns) => this.patterns = patterns;

    public static Parsed Parse(SuiteTask task)
    {
        var patterns = new List<Regex>();
        foreach (var text in task.Abstains)
        {
            if (PatternMatch.Compile("(?i)" + text, out var problem) is not { } pattern)
                return Parsed.Wrong($"abstains: {problem}");
            patterns.Add(pattern);
        }
        return new Abstention(patterns);
    }

    public override Evidence Needs => Evidence.Answers;

    public override IEnumerable<Score> Measure(Observed seen)
    {
        double[] should = [.. seen.Questions.Select(static q => q.Flag == true ? 1.0 : 0)];
        double[] did = [.. seen.Answers.Select(a => patterns.Any(p => p.IsMatch(a.Text)) ? 1.0 : 0)];
        double[] both = [.. should.Zip(did, static (s, d) => s * d)];
        yield return new Score("recall of abstaining", MetricUnit.Fraction, new MeanScores(both, should));
        yield return new Score("precision of abstaining", MetricUnit.Fraction, new MeanScores(both, did));
        yield return new Score("F1 of abstaining", MetricUnit.Fraction, new MeanScores([.. both.Select(static b => 2 * b)], [.. should.Zip(did, static (s, d) => s + d)]));
    }
}
