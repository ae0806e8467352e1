using System.Text;

namespace Attune.Evaluation.Metrics;

/// <summary>Whether an answer, or its first line, is the expected one to the letter.</summary>
internal static class ExactMatch
{
    /// <summary>
    /// The whole answer. Without an argument runs of white space count as one blank and white space around the answer does not count;
    /// case and punctuation do. <c>squad</c>: as SQuAD's script compares, see <see cref="WordOverlap.Normalized"/>.
    /// </summary>
    public static Parsed Whole(string? argument) => argument switch
    {
        null => new RightMetric("exact match", static (expected, written) => Plain(expected) == Plain(written)),
        "squad" => new RightMetric("exact match (SQuAD)", static (expected, written) => WordOverlap.Normalized(expected) == WordOverlap.Normalized(written)),
        _ => Parsed.Wrong($"exact takes squad or nothing, found '{argument}'"),
    };

    /// <summary>The first line of the answer, compared as <see cref="Whole"/> compares.</summary>
    public static Metric FirstLine() => new RightMetric(
        "first line right", static (expected, written) => Plain(First(expected)) == Plain(First(written)));

    /// <summary>Runs of white space as one blank, none around.</summary>
    public static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!char.IsWhiteSpace(c))
                plain.Append(c);
            else if (plain.Length > 0 && plain[^1] != ' ')
                plain.Append(' ');
        }
        return plain.ToString().TrimEnd(' ');
    }

    /// <summary>The first line that says something.</summary>
    public static string First(string text) => text.Trim().Split('\n', 2)[0];
}
