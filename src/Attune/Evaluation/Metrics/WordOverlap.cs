using System.Globalization;
using System.Text;

namespace Attune.Evaluation.Metrics;

/// <summary>Words that two answers share: F1 as SQuAD's script defines it (Rajpurkar et al. 2016), and ROUGE-L (Lin 2004).</summary>
internal static class WordOverlap
{
    /// <summary>
    /// F1 = 2PR / (P + R) over words as a bag, P = shared / written, R = shared / expected, after <see cref="Normalized"/>. Where one of
    /// the two has no word, 1 if neither has, else 0.
    /// </summary>
    public static double F1(string expected, string written)
    {
        var (wanted, given) = (Split(Normalized(expected)), Split(Normalized(written)));
        if (wanted.Length == 0 || given.Length == 0)
            return wanted.Length == given.Length ? 1 : 0;
        var left = wanted.CountBy(static w => w, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var shared = 0;
        foreach (var word in given)
        {
            if (left.GetValueOrDefault(word) == 0)
                continue;
            left[word]--;
            shared++;
        }
        return Harmonic(shared, given.Length, wanted.Length);
    }

    /// <summary>
    /// ROUGE-L: F1 = 2PR / (P + R), P = LCS / written, R = LCS / expected, where LCS is the longest common subsequence of words. Words
    /// are the longest runs of letters, marks and digits, in lower case; nothing is stemmed. Without words: as in <see cref="F1"/>.
    /// </summary>
    public static double RougeL(string expected, string written)
    {
        var (wanted, given) = (Words(expected), Words(written));
        if (wanted.Count == 0 || given.Count == 0)
            return wanted.Count == given.Count ? 1 : 0;
        // One row of the table of lengths: [j] is the LCS of what was read of one text and the first j words of the other.
        var lengths = new int[given.Count + 1];
        foreach (var word in wanted)
        {
            var diagonal = 0;
            for (var j = 1; j < lengths.Length; j++)
            {
                var above = lengths[j];
                lengths[j] = word == given[j - 1] ? diagonal + 1 : Math.Max(above, lengths[j - 1]);
                diagonal = above;
            }
        }
        return Harmonic(lengths[^1], given.Count, wanted.Count);
    }

    /// <summary>SQuAD's normal form: lower case, without ASCII punctuation, without the words a, an and the, single blanks.</summary>
    public static string Normalized(string text)
    {
        var plain = string.Concat(text.ToLowerInvariant().Where(static c => !char.IsAscii(c) || !(char.IsPunctuation(c) || char.IsSymbol(c))));
        // Articles count where they are words of letters, digits and underscores, as a regular expression's \b sees it.
        var kept = new StringBuilder(plain.Length);
        for (var i = 0; i < plain.Length;)
        {
            var end = i;
            while (end < plain.Length && IsWord(plain[end]))
                end++;
            if (end == i)
                kept.Append(plain[i++]);
            else
            {
                var word = plain[i..end];
                kept.Append(word is "a" or "an" or "the" ? " " : word);
                i = end;
            }
        }
        return string.Join(' ', Split(kept.ToString()));
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) is UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static string[] Split(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The longest runs of letters, marks and digits, in lower case.</summary>
    public static List<string> Words(string text)
    {
        var (words, word) = (new List<string>(), new StringBuilder());
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber)
                word.Append(Rune.ToLowerInvariant(rune));
            else
                End();
        }
        End();
        return words;

        void End()
        {
            if (word.Length > 0)
                words.Add(word.ToString());
            word.Clear();
        }
    }

    private static double Harmonic(int shared, int written, int expected) => shared == 0 ? 0 : 2.0 * shared / (written + expected);
}
