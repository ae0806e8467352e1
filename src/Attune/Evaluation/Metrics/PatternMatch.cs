using System.Text.RegularExpressions;

namespace Attune.Evaluation.Metrics;

/// <summary>Whether what a regular expression finds in an answer is what it finds in the expected one.</summary>
internal static class PatternMatch
{
    /// <summary>The metric <c>regex:PATTERN</c>. An answer in which nothing is found is wrong.</summary>
    public static Parsed Parse(string? pattern)
    {
        if (Compile(pattern, out var problem) is not { } expression)
            return Parsed.Wrong(problem!);
        return new RightMetric(
            "matching part right",
            (expected, written) => Find(expression, expected) is { } wanted && Find(expression, written) == wanted,
            expected => Find(expression, expected) is null ? ($"the regular expression finds nothing in the expected answer {Quote(expected)}", "give one that fits the answers") : null);
    }

    /// <summary>What is compared: the first group where the expression has one, else the match; null where there is none.</summary>
    public static string? Find(Regex expression, string text) =>
        expression.Match(text) is { Success: true } m ? (m.Groups.Count > 1 ? m.Groups[1].Value : m.Value) : null;

    /// <summary>An expression that takes time linear in the text, whatever a model wrote: no look-around, no back-references. <c>^</c> and <c>$</c> are the ends of lines.</summary>
    public static Regex? Compile(string? pattern, out string? problem)
    {
        problem = null;
        if (string.IsNullOrEmpty(pattern))
            problem = "a regular expression is missing";
        else
        {
            try
            {
                return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Multiline);
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                problem = $"'{pattern}' is not a regular expression that can be used here ({e.Message})";
            }
        }
        return null;
    }

    /// <summary>The beginning of a text, for messages.</summary>
    public static string Quote(string text) => $"'{(text.Length > 40 ? text[..40] + "…" : text)}'".ReplaceLineEndings(" ");
}
