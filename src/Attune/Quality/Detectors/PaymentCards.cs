using System.Text.RegularExpressions;

namespace Attune.Quality.Detectors;

/// <summary>Numbers of payment cards (ISO/IEC 7812): an issuer's range, the length that goes with it, and the Luhn digit.</summary>
internal static partial class PaymentCards
{
    /// <summary>First character and length of each number.</summary>
    public static IEnumerable<(int Start, int Length)> Find(string text)
    {
        Span<char> digits = stackalloc char[19];
        var found = new List<(int, int)>();
        foreach (var match in Candidate().EnumerateMatches(text))
        {
            var n = 0;
            foreach (var c in text.AsSpan(match.Index, match.Length))
                if (char.IsAsciiDigit(c)) digits[n++] = c;
            if (IsIssued(digits[..n]) && HasLuhnDigit(digits[..n]) && digits[1..n].IndexOfAnyExcept(digits[0]) >= 0) found.Add((match.Index, match.Length));
        }
        return found;
    }

    // As they are printed and typed: in one run, or in the groups of 16, 15, 14 and 19 digits, always with the same sign between them.
    [GeneratedRegex(@"(?<![\p{L}\d.,_/#-])(?:[0-9]{13,19}|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3})?|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5})(?![\p{L}\d_/]|[.,-]\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Candidate();

    private static bool IsIssued(ReadOnlySpan<char> d)
    {
        var two = (d[0] - '0') * 10 + d[1] - '0';
        var three = two * 10 + d[2] - '0';
        var four = three * 10 + d[3] - '0';
        return d.Length switch
        {
            13 => d[0] == '4',
            14 => three is >= 300 and <= 305 || two is 36 or 38 or 39,
            15 => two is 34 or 37,
            16 => d[0] == '4' || two is >= 51 and <= 55 || four is >= 2221 and <= 2720 || four == 6011 || three is >= 644 and <= 659 || four is >= 3528 and <= 3589 || two == 62,
            19 => d[0] == '4' || four == 6011 || three is >= 644 and <= 659 || two == 62,
            _ => false,
        };
    }

    private static bool HasLuhnDigit(ReadOnlySpan<char> d)
    {
        var sum = 0;
        for (var i = 0; i < d.Length; i++)
        {
            var digit = d[d.Length - 1 - i] - '0';
            sum += i % 2 == 0 ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
        }
        return sum % 10 == 0;
    }
}
