using System.Globalization;
using Attune.Data;

namespace Attune.Quality;

/// <summary>
/// The words of a text as hashes: runs of letters, digits and their marks, in lower case; a character of a script without blanks between words
/// (Han, Kana, Thai, Lao, Khmer, Burmese) and one outside the basic plane is a word of its own. Punctuation and white space only part words.
/// </summary>
internal sealed class WordHashes
{
    private ulong[] hashes = new ulong[256];

    /// <summary>The words so far, in order.</summary>
    public ReadOnlySpan<ulong> Hashes => hashes.AsSpan(0, Count);

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets all words.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds the words of a text behind those that are there.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">How many words are enough: what stands behind them is not looked at.</param>
    public void Add(string text, int most = int.MaxValue)
    {
        const ulong start = 0xCBF29CE484222325UL;
        const ulong prime = 0x100000001B3UL;
        var (hash, inside) = (start, false);
        for (var i = 0; i < text.Length && Count < most; i++)
        {
            var c = text[i];
            if (IsAlone(c))
            {
                if (inside) Add(hash);
                var own = (start ^ c) * prime;
                if (char.IsHighSurrogate(c) && i + 1 < text.Length) own = (own ^ text[++i]) * prime;
                Add(own);
                (hash, inside) = (start, false);
            }
            else if (IsPart(c)) (hash, inside) = ((hash ^ char.ToLowerInvariant(c)) * prime, true);
            else if (inside)
            {
                Add(hash);
                (hash, inside) = (start, false);
            }
        }
        if (inside) Add(hash);
    }

    /// <summary>Adds the words of several texts, one behind the other.</summary>
    public void Add(IEnumerable<string> texts)
    {
        foreach (var text in texts) Add(text);
    }

    /// <summary>The hash of <paramref name="n"/> words from <paramref name="at"/> on.</summary>
    public ulong Gram(int at, int n)
    {
        var gram = 0UL;
        foreach (var word in hashes.AsSpan(at, n)) gram = (gram ^ word) * 0x9E3779B97F4A7C15UL + (gram >> 29);
        return Mixing.Bits(gram, (ulong)n);
    }

    private void Add(ulong word)
    {
        if (Count == hashes.Length) Array.Resize(ref hashes, Count * 2);
        hashes[Count++] = word;
    }

    private static bool IsPart(char c) => char.IsAscii(c) ? char.IsAsciiLetterOrDigit(c)
        : char.IsLetterOrDigit(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static bool IsAlone(char c) =>
        c is (>= '\u0E00' and <= '\u0EFF') or (>= '\u1000' and <= '\u109F') or (>= '\u1780' and <= '\u17FF') or (>= '\u3040' and <= '\u30FF')
            or (>= '\u3400' and <= '\u9FFF') or (>= '\uD800' and <= '\uDFFF') or (>= '\uF900' and <= '\uFAFF')
        && (char.IsLetter(c) || char.IsSurrogate(c));
}
