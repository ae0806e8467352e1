using System.Text.RegularExpressions;

namespace Attune.Quality.Detectors;

/// <summary>Phone numbers: international ones by their plus, North American and French ones by their grouping, others where a word beside them says so.</summary>
/// <remarks>
/// Digits in groups are mostly something else (orders, dates, parts), so that a number without a form of its own counts only behind a word such as
/// "phone". Toll-free lines and the numbers kept for films (555-0100 to 555-0199) are nobody's.
/// </remarks>
internal static partial class PhoneNumbers
{
    private const int WordReach = 28;

    // Country codes of ITU E.164; a code is never the beginning of another.
    private static readonly HashSet<string> Codes = [.. (
        "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 "
        + "223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 "
        + "267 268 269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 380 381 382 383 385 386 387 389 420 421 423 500 501 502 503 "
        + "504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 850 852 853 855 856 "
        + "880 886 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 992 993 994 995 996 998").Split(' ')];

    private static readonly HashSet<string> TollFree = ["800", "822", "833", "844", "855", "866", "877", "888", "900"];

    /// <summary>First character and length of each number.</summary>
    public static IEnumerable<(int Start, int Length)> Find(string text)
    {
        var found = new List<(int, int)>();
        foreach (var match in Candidate().EnumerateMatches(text))
        {
            if (IsPhone(text.AsSpan(match.Index, match.Length), Before(text, match.Index))) found.Add((match.Index, match.Length));
        }
        return found;
    }

    // Digits with single signs between groups, an area code perhaps in brackets; nothing that a number, a name or an address goes on with.
    [GeneratedRegex(@"(?<![\p{L}\d_./#$€£=*^%@-]|\d[ ,:])(?:\+|00(?=[1-9]))?(?:\(\+?[0-9]{1,4}\)[ -]?)?[0-9](?:(?:[ ./-]|[ ]?\([0-9]{1,4}\)[ -]?)?[0-9]){6,14}(?![\p{L}\d_%@]|[.,:/-]\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Candidate();

    [GeneratedRegex(@"(?<!\p{L})(?:(?:tele)?phones?|tel|call(?:ed|ing)?|mobile|cell|fax|whatsapp|contact number|reach (?:me|us|him|her|them)|text me|dial|handy|mobil|rufnummer|"
        + @"num[eé]ro|t[eé]l[eé]phone|t[eé]l|portable|tel[eé]fono|m[oó]vil|ll[aá]m[ae](?:me)?|telefon|telefoon|телефон|電話|电话)(?!\p{L})", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Said();

    [GeneratedRegex(@"(?<!\p{L})(?:order|invoice|ticket|tracking|serial|account|reference|ref|case|part|model|isbn|issn|id|sku|pmid|doi)\W*(?:number|no|nr|id)?\W*(?:is|was)?\W*$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex SaidOther();

    [GeneratedRegex(@"^(?:1[ .-])?(?:\([2-9][0-9][0-9]\)[ -]?|[2-9][0-9][0-9]([ .-]))[2-9][0-9][0-9][ .-][0-9]{4}$", RegexOptions.CultureInvariant)]
    private static partial Regex American();

    [GeneratedRegex(@"^0[1-9](?:([ .-])[0-9][0-9])(?:\1[0-9][0-9]){3}$", RegexOptions.CultureInvariant)]
    private static partial Regex French();

    [GeneratedRegex(@"^(?:[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}|[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{2,4}|(?:19|20)[0-9][0-9][ -]+(?:19|20)[0-9][0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Dated();

    private static bool IsPhone(ReadOnlySpan<char> number, ReadOnlySpan<char> before)
    {
        var digits = Digits(number);
        if (digits.Length is < 7 or > 15 || digits.AsSpan(1).IndexOfAnyExcept(digits[0]) < 0 || SaidOther().IsMatch(before)) return false;
        var said = Said().IsMatch(before);
        if (!said && Dated().IsMatch(number)) return false;
        if (number[0] == '+' || number.StartsWith("(+")) return IsInternational(digits);
        if (number.StartsWith("00")) return IsInternational(digits[2..]) && (said || number.ContainsAny(" -/"));
        if (American().IsMatch(number)) return IsAmerican(digits.Length == 11 ? digits[1..] : digits) && (said || !number.Contains(' ') || number[0] == '(');
        if (French().IsMatch(number)) return true;
        if (digits.Length is < 9 or > 13 || !said) return false;
        return digits[0] == '0' ? digits[1] != '0' : digits.Length == 10 ? IsAmerican(digits) : digits.Length == 11 && digits[0] == '1' && IsAmerican(digits[1..]);
    }

    private static bool IsInternational(string digits)
    {
        var code = Enumerable.Range(1, 3).Select(n => digits[..n]).FirstOrDefault(Codes.Contains);
        return code is not null && (code == "1" ? digits.Length == 11 && IsAmerican(digits[1..]) : digits.Length - code.Length is >= 6 and <= 12 && digits.Length >= 9);
    }

    private static bool IsAmerican(string digits) =>
        digits[0] >= '2' && digits[3] >= '2' && !TollFree.Contains(digits[..3]) && digits[1..3] != "11" && !(digits[3..6] == "555" && digits[6..8] == "01");

    // Whole words only: the end of "hotel" is no "tel".
    private static ReadOnlySpan<char> Before(string text, int at)
    {
        var start = Math.Max(0, at - WordReach);
        while (start > 0 && start < at && char.IsLetter(text[start]) && char.IsLetter(text[start - 1])) start++;
        return text.AsSpan(start..at);
    }

    private static string Digits(ReadOnlySpan<char> number)
    {
        Span<char> digits = stackalloc char[number.Length];
        var n = 0;
        foreach (var c in number)
            if (char.IsAsciiDigit(c)) digits[n++] = c;
        return new string(digits[..n]);
    }
}
