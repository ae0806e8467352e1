using System.Buffers;
using System.Globalization;
using System.Text;

namespace Attune.Text.PreTokenizers;

/// <summary>Finders for the splits that are defined by character classes rather than by an expression.</summary>
internal static class CharacterRuns
{
    private static readonly SearchValues<char> AsciiSigns = SearchValues.Create("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

    public static void Numbers(ReadOnlySpan<char> text, List<(int Start, int End)> matches) => Each(text, matches, Rune.IsNumber);

    public static void Punctuation(ReadOnlySpan<char> text, List<(int Start, int End)> matches) =>
        Each(text, matches, r => Rune.IsPunctuation(r) || (r.IsAscii && AsciiSigns.Contains((char)r.Value)));

    public static void WhiteSpace(ReadOnlySpan<char> text, List<(int Start, int End)> matches) => Each(text, matches, Rune.IsWhiteSpace);

    /// <summary>Runs of word characters, and runs of what is neither word character nor white space.</summary>
    public static void WordsAndSigns(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        var (begin, kind) = (0, -1);
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text[i..], out var rune, out var length);
            var next = Rune.IsWhiteSpace(rune) ? -1 : IsWord(rune) ? 1 : 0;
            if (next != kind)
            {
                if (kind >= 0) matches.Add((begin, i));
                (begin, kind) = (i, next);
            }
            i += length;
        }
        if (kind >= 0) matches.Add((begin, text.Length));
    }

    /// <summary>Whether \w matches: letters, marks, digits, letter numbers, connectors and the circled letters.</summary>
    public static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value is >= 0x24B6 and <= 0x24E9 || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;

    private static void Each(ReadOnlySpan<char> text, List<(int Start, int End)> matches, Func<Rune, bool> isMatch)
    {
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text[i..], out var rune, out var length);
            if (isMatch(rune)) matches.Add((i, i + length));
            i += length;
        }
    }
}
