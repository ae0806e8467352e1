using Attune.Evaluation.Metrics;

namespace Attune.Evaluation;

/// <summary>Chooses metrics where none are asked for, by what the expected answers look like.</summary>
public static class MetricDefaults
{
    private const int MostLabels = 100, LabelLength = 40, ShortWords = 8;

    private static readonly string[] OfTokens = ["loss", "perplexity", "token-accuracy"];

    /// <summary>The metrics, the most telling first, and the rule that chose them.</summary>
    /// <param name="expected">Expected answers of the test rows; none for running text, or where nothing is to be generated.</param>
    public static (IReadOnlyList<string> Metrics, string Reason) For(IReadOnlyCollection<string> expected)
    {
        if (expected.Count == 0)
            return (OfTokens, "nothing is answered: how likely the text is");
        if (expected.All(JsonAnswer.IsObject))
            return (["json-fields", "json", .. OfTokens], "every expected answer is a JSON object");
        if (expected.All(NumericAnswer.IsNumber))
            return (["numeric", .. OfTokens], "every expected answer is a number");
        var distinct = expected.Select(ExactMatch.Plain).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        if (distinct.Length <= MostLabels && distinct.Length * 2 <= expected.Count && expected.All(IsShort))
            return (["label", .. OfTokens], $"{distinct.Length} different short answers on {expected.Count} rows: labels");
        var words = expected.Select(static e => e.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length).Order().ToArray();
        return words[words.Length * 9 / 10] <= ShortWords
            ? (["exact", "f1", .. OfTokens], $"nine of ten expected answers have at most {ShortWords} words")
            : (["rouge-l", "f1", .. OfTokens], $"expected answers are longer than {ShortWords} words: overlap of words, since the same can be said in many ways");
    }

    private static bool IsShort(string text) =>
        text.Length <= LabelLength && !text.Trim().Contains('\n', StringComparison.Ordinal) && LabelMetric.Whole(text) is not null;
}
