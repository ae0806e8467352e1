namespace Attune.Quality.Detectors;

/// <summary>International bank account numbers (ISO 13616): country, length by country, and the remainder of 97 that makes a false alarm one in a hundred of what is already rare.</summary>
internal static class Ibans
{
    private const int Shortest = 15, Longest = 34;

    // The registry's lengths.
    private static readonly Dictionary<string, int> Lengths = Parse(
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 "
        + "HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 "
        + "RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20");

    /// <summary>First character and length of each number, in groups or without.</summary>
    public static IEnumerable<(int Start, int Length)> Find(string text)
    {
        for (var i = 0; i + Shortest <= text.Length; i++)
        {
            if (!char.IsAsciiDigit(text[i + 2]) || !char.IsAsciiDigit(text[i + 3]) || !char.IsAsciiLetter(text[i]) || !char.IsAsciiLetter(text[i + 1])) continue;
            if (i > 0 && char.IsLetterOrDigit(text[i - 1]) || !Lengths.TryGetValue(text.Substring(i, 2).ToUpperInvariant(), out var length)) continue;
            var end = End(text, i, length);
            if (end < 0) continue;
            yield return (i, end - i);
            i = end - 1;
        }
    }

    // Single blanks or hyphens may stand between the groups; what follows must not go on with a letter or digit.
    private static int End(string text, int start, int length)
    {
        Span<char> number = stackalloc char[Longest];
        var (filled, at) = (0, start);
        for (; at < text.Length && filled < length; at++)
        {
            if (char.IsAsciiLetterOrDigit(text[at])) number[filled++] = char.ToUpperInvariant(text[at]);
            else if (text[at] is not (' ' or '-' or '\u00A0') || !char.IsAsciiLetterOrDigit(text[at - 1])) return -1;
        }
        return filled == length && (at == text.Length || !char.IsLetterOrDigit(text[at])) && Remainder(number[..length]) == 1 ? at : -1;
    }

    // The first four characters stand last, letters count from 10.
    private static int Remainder(ReadOnlySpan<char> number)
    {
        var rest = 0;
        for (var i = 0; i < number.Length; i++)
        {
            var c = number[(i + 4) % number.Length];
            rest = char.IsAsciiDigit(c) ? (rest * 10 + c - '0') % 97 : (rest * 100 + c - 'A' + 10) % 97;
        }
        return rest;
    }

    private static Dictionary<string, int> Parse(string table) =>
        table.Split(' ').ToDictionary(static t => t[..2], static t => int.Parse(t.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture));
}
