using System.Globalization;
using System.Text.RegularExpressions;

namespace Attune.Evaluation.Metrics;

/// <summary>Whether the last number of an answer is the expected one: worked solutions end with their result.</summary>
internal static partial class NumericAnswer
{
    private const double Exact = 1e-6;

    /// <summary>The metric <c>numeric</c> or <c>numeric:TOLERANCE</c>: right where |a − b| ≤ tolerance · max(1, |expected|).</summary>
    public static Parsed Parse(string? argument)
    {
        var tolerance = Exact;
        if (argument is not null && !(double.TryParse(argument, NumberStyles.Float, CultureInfo.InvariantCulture, out tolerance) && tolerance is >= 0 and < 1))
            return Parsed.Wrong($"numeric takes a tolerance from 0 to below 1, found '{argument}'");
        return new RightMetric(
            argument is null ? "number right" : $"number right within {argument}",
            (expected, written) => Last(expected) is { } wanted && Last(written) is { } given && Math.Abs(given - wanted) <= tolerance * Math.Max(1, Math.Abs(wanted)),
            expected => Last(expected) is null ? ($"there is no number in the expected answer {PatternMatch.Quote(expected)}", "choose another metric, or mend the row") : null);
    }

    /// <summary>The last number in a text: digits, with commas between groups of three, a fraction, an exponent and a sign; null where there is none.</summary>
    public static double? Last(string text)
    {
        double? last = null;
        // Not the regular expression's right-to-left: from that side "1e5" would be read as "5".
        foreach (var value in All(text))
            last = value;
        return last;
    }

    /// <summary>Whether a text is one number, beside a currency or per cent: no date, no range, and nothing with a decimal comma, of all of which a part alone would be read.</summary>
    public static bool IsNumber(string text)
    {
        var bare = text.AsSpan().Trim(" \t\r\n$€£%");
        foreach (var m in Number().EnumerateMatches(bare))
            return m.Length == bare.Length;
        return false;
    }

    /// <summary>All numbers in a text, in its order.</summary>
    public static IEnumerable<double> All(string text)
    {
        foreach (Match m in Number().Matches(text))
        {
            var digits = m.Value.Replace(",", "", StringComparison.Ordinal).Replace('\u2212', '-');
            if (double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
                yield return value;
        }
    }

    // A minus that follows a letter or digit is a dash, as in 3-4 or A-1.
    [GeneratedRegex(@"(?:(?<![\p{L}\p{N}])[-+\u2212])?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
