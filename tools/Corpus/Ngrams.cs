using System.Text;

namespace Attune.Corpus;

/// <summary>Word n-grams of normalised text: letters and digits in lower case, all else a border between words. Held as 64-bit hashes.</summary>
internal static class Ngrams
{
    /// <summary>The n of the overlap proof.</summary>
    public const int Words = 8;

    public static List<string> Normalise(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var c in text)
        {
            if (char.IsLetterOrDigit(c))
                word.Append(char.ToLowerInvariant(c));
            else if (word.Length > 0 && c != '\'')
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }
        if (word.Length > 0)
            words.Add(word.ToString());
        return words;
    }

    public static IEnumerable<ulong> Hashes(string text, int n = Words)
    {
        var words = Normalise(text).ConvertAll(Hash);
        for (var i = 0; i + n <= words.Count; i++)
        {
            var h = 0UL;
            for (var j = 0; j < n; j++)
                h = Text.Draw.Mix(h ^ words[i + j]);
            yield return h;
        }
    }

    public static ulong Hash(string text)
    {
        var h = 0xCBF29CE484222325;
        foreach (var c in text)
            h = (h ^ c) * 0x100000001B3;
        return h;
    }
}
