using System.Buffers;
using System.Text;

namespace Attune.Quality.Detectors;

/// <summary>One kind of personal data.</summary>
/// <param name="Name">The name in reports.</param>
/// <param name="Placeholder">What stands for it in a text from which it was taken out.</param>
/// <param name="FewestDigits">Digits that each has at least: a text with fewer is not searched.</param>
/// <param name="Find">Yields first character and length of each; in order, without overlaps among themselves.</param>
internal sealed record PersonalKind(string Name, string Placeholder, int FewestDigits, Func<string, IEnumerable<(int Start, int Length)>> Find);

/// <summary>A place in a text that names or reaches a person.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Its first character.</param>
/// <param name="Length">Its characters.</param>
internal readonly record struct PersonalPart(PersonalKind Kind, int Start, int Length);

/// <summary>Personal data that can be told by form and checksum: mail addresses, phone numbers, payment cards, bank accounts, IP addresses.</summary>
/// <remarks>
/// What belongs to nobody is passed over: addresses and numbers that standards reserve for examples, private networks, toll-free lines. Names and
/// postal addresses have no form to be told by, and are not looked for. Only the digits 0 to 9 make up a number, since they are what is computed
/// with; those of other scripts end one as any digit does.
/// </remarks>
internal static class PersonalData
{
    /// <summary>The kinds in the order in which they claim a place: those with a checksum before those without.</summary>
    public static IReadOnlyList<PersonalKind> Kinds { get; } =
    [
        new("IBAN", "[IBAN]", 2, Ibans.Find),
        new("card number", "[CARD]", 13, PaymentCards.Find),
        new("mail address", "[EMAIL]", 0, MailAddresses.Find),
        new("IP address", "[IP]", 1, IpAddresses.Find),
        new("phone number", "[PHONE]", 7, PhoneNumbers.Find),
    ];

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    /// <summary>All personal data of a text in its order, without overlaps.</summary>
    public static IReadOnlyList<PersonalPart> Find(string text)
    {
        List<PersonalPart>? parts = null;
        var digits = text.AsSpan().CountAny(Digits);
        foreach (var kind in Kinds)
        {
            if (digits < kind.FewestDigits) continue;
            foreach (var (start, length) in kind.Find(text))
            {
                if (parts is null) parts = [];
                else if (parts.Exists(p => start < p.Start + p.Length && p.Start < start + length)) continue;
                parts.Add(new PersonalPart(kind, start, length));
            }
        }
        parts?.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        return parts ?? (IReadOnlyList<PersonalPart>)[];
    }

    /// <summary>The text with a placeholder for each; the same object where there is none.</summary>
    public static string Mask(string text)
    {
        var parts = Find(text);
        if (parts.Count == 0) return text;
        var masked = new StringBuilder(text.Length);
        var at = 0;
        foreach (var part in parts)
        {
            masked.Append(text, at, part.Start - at).Append(part.Kind.Placeholder);
            at = part.Start + part.Length;
        }
        return masked.Append(text, at, text.Length - at).ToString();
    }
}
