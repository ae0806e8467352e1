using System.Text;

namespace Attune.Quality.Detectors;

/// <summary>UTF-8 that was read as Windows-1252 or Latin-1 and written again ("cafÃ©"), and the way back.</summary>
/// <remarks>
/// A character whose byte begins a UTF-8 sequence, with characters behind it whose bytes complete one, is rarely meant. Where it can be meant (a
/// capital before a closing quotation mark: „Spaß“) it stays unless surer damage stands in the same text. What is put in its place gives, written
/// as UTF-8 and read as Windows-1252, exactly what stood there: nothing but the damage is undone. As WHATWG has it, the five bytes that
/// Windows-1252 leaves undefined are the control characters of their number.
/// </remarks>
internal static class Mojibake
{
    private const int MostPasses = 3;

    // Windows-1252 from 0x80 to 0x9F.
    private const string HighControls = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

    // What may follow a capital in a text that is as it should be.
    private const string Closing = "€‚„…‹‘’“”–—›«»\u00A0·™®©°ªº¹²³";

    private static readonly Dictionary<char, byte> Bytes = HighControls.Select(static (c, i) => (c, (byte)(0x80 + i))).ToDictionary(static p => p.c, static p => p.Item2);

    private enum Certainty
    {
        None,
        Weak,
        Sure,
    }

    /// <summary>The text without the damage; null where there is none. Text that was misread several times is mended as often.</summary>
    public static string? Repair(string text)
    {
        string? mended = null;
        for (var pass = 0; pass < MostPasses && Pass(mended ?? text) is { } better; pass++) mended = better;
        return mended;
    }

    private static string? Pass(string text)
    {
        var first = text.AsSpan().IndexOfAnyInRange('\u00C2', '\u00F4');
        if (first < 0 || !HasSure(text, first)) return null;
        var mended = new StringBuilder(text.Length).Append(text, 0, first);
        for (var i = first; i < text.Length;)
        {
            if (Sequence(text, i, out var rune) == Certainty.None)
            {
                mended.Append(text[i++]);
                continue;
            }
            mended.Append(rune.ToString());
            i += rune.Utf8SequenceLength;
        }
        return mended.ToString();
    }

    // Letters of other scripts come in words: two in a row are sure where one is weak.
    private static bool HasSure(string text, int first)
    {
        for (var i = first; i < text.Length; i++)
        {
            var certainty = Sequence(text, i, out var rune);
            if (certainty == Certainty.None) continue;
            if (certainty == Certainty.Sure) return true;
            if (Sequence(text, i + rune.Utf8SequenceLength, out _) != Certainty.None) return true;
        }
        return false;
    }

    private static Certainty Sequence(string text, int at, out Rune rune)
    {
        rune = default;
        if (at >= text.Length || text[at] is < '\u00C2' or > '\u00F4') return Certainty.None;
        var length = text[at] < '\u00E0' ? 2 : text[at] < '\u00F0' ? 3 : 4;
        if (at + length > text.Length) return Certainty.None;
        Span<byte> utf8 = stackalloc byte[4];
        utf8[0] = (byte)text[at];
        for (var i = 1; i < length; i++)
            if (!ByteOf(text[at + i], out utf8[i]) || (utf8[i] & 0xC0) != 0x80) return Certainty.None;
        if (Rune.DecodeFromUtf8(utf8[..length], out rune, out _) != System.Buffers.OperationStatus.Done) return Certainty.None;
        if (length > 2) return IsText(rune) ? Certainty.Sure : Certainty.None;
        var closing = Closing.Contains(text[at + 1]);
        return rune.Value switch
        {
            // C1 controls come of texts that were misread twice.
            < 0xA0 => text[at] == '\u00C2' && !closing ? Certainty.Sure : Certainty.None,
            < 0x100 => closing && (text[at] == '\u00C3' ? at == 0 || !char.IsLower(text[at - 1]) : at > 0 && char.IsUpper(text[at - 1])) ? Certainty.Weak : Certainty.Sure,
            < 0x180 => closing ? Certainty.Weak : Certainty.Sure,
            // What Windows-1252 makes of the bytes 83, 88 and 98, in texts that were misread twice.
            0x192 or 0x2C6 or 0x2DC or (>= 0x384 and < 0x530) or (>= 0x5D0 and < 0x6E0) => Certainty.Weak,
            _ => Certainty.None,
        };
    }

    // Punctuation, symbols, letters of the larger scripts and pictures; the rest of Unicode is likelier by chance than by intent.
    private static bool IsText(Rune rune) => rune.Value is (>= 0x900 and < 0x1200) or (>= 0x1E00 and < 0x2800) or (>= 0x3000 and < 0xD7A4) or (>= 0xF900 and < 0xFB00)
        or (>= 0xFE00 and < 0xFFF0) or 0xFFFD or (>= 0x1F000 and < 0x1FB00);

    private static bool ByteOf(char c, out byte value)
    {
        if (Bytes.TryGetValue(c, out value)) return true;
        value = (byte)c;
        return c is >= '\u0080' and <= '\u00FF';
    }
}
