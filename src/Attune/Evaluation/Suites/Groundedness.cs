using System.Collections.Frozen;
using Attune.Evaluation.Metrics;

namespace Attune.Evaluation.Suites;

/// <summary>
/// Whether an answer stands in the text that it was given: the share of its content words and numbers that the context holds too, the
/// mean over answers. Words are compared in lower case and not stemmed, numbers by value; function words do not count. An answer
/// without a content word or a number says nothing and is not counted.
/// </summary>
internal sealed class Groundedness : Metric
{
    private static readonly FrozenSet<string> FunctionWords = FrozenSet.Create(StringComparer.Ordinal,
    [
        .. ("a an the this that these those and or but nor so yet if then than as because while of in on at by for from to with without into onto over under between among about "
            + "is are was were be been being am do does did done doing have has had having will would shall should can could may might must not no "
            + "i you he she it we they me him her us them my your his its our their who whom whose which what when where why how "
            + "there here all any both each few more most other some such only own same too very just also s t").Split(' '),
    ]);

    public override Evidence Needs => Evidence.Answers;

    public override IEnumerable<Score> Measure(Observed seen)
    {
        var parts = seen.Questions.Zip(seen.Answers, static (q, a) => Of(q.Context, a.Text)).ToArray();
        yield return new Score("words and numbers that stand in the context", MetricUnit.Fraction, Share(parts.Select(static p => (p.FoundWords + p.FoundNumbers, p.Words + p.Numbers))));
        yield return new Score("numbers that stand in the context", MetricUnit.Fraction, Share(parts.Select(static p => (p.FoundNumbers, p.Numbers))));
        yield return new Score("answers that wholly stand in the context", MetricUnit.Fraction,
            Share(parts.Select(static p => (p.FoundWords + p.FoundNumbers == p.Words + p.Numbers && p.Words + p.Numbers > 0 ? 1 : 0, Math.Min(1, p.Words + p.Numbers)))));
    }

    /// <summary>Content words and numbers of an answer, and how many of them the context holds.</summary>
    internal static (int Words, int FoundWords, int Numbers, int FoundNumbers) Of(string context, string answer)
    {
        var held = WordOverlap.Words(context).ToHashSet(StringComparer.Ordinal);
        var values = NumericAnswer.All(context).ToHashSet();
        string[] words = [.. WordOverlap.Words(answer).Where(static w => w.Any(char.IsLetter) && !FunctionWords.Contains(w))];
        double[] numbers = [.. NumericAnswer.All(answer)];
        return (words.Length, words.Count(held.Contains), numbers.Length, numbers.Count(values.Contains));
    }

    private static MeanScores Share(IEnumerable<(int Found, int All)> parts)
    {
        var rows = parts.ToArray();
        return new MeanScores([.. rows.Select(static r => r.All == 0 ? 0 : r.Found / (double)r.All)], [.. rows.Select(static r => r.All == 0 ? 0.0 : 1)]);
    }
}
