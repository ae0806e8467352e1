using System.Text;

namespace Attune.Corpus.Text;

/// <summary>Puts right what composition leaves behind: double spaces, "a" before a vowel, and capitals at the beginning of sentences.</summary>
internal static class Tidy
{
    private static readonly string[] VowelSound = ["hour", "honest", "heir"];
    private static readonly string[] ConsonantSound = ["uni", "use", "usu", "one", "once", "eu", "ukulele"];

    /// <summary><c>^</c> in a bank forces a capital, <c>%</c> keeps the next letter as it is.</summary>
    public static string Apply(string text) => Capitals(Articles(Spaces(text)));

    private static string Spaces(string text)
    {
        var into = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c == ' ' && (into.Length == 0 || into[^1] is ' ' or '\n'))
                continue;
            if (into.Length > 0 && into[^1] == ' ' && (c is ',' or '.' or '!' or '?' or ';' or ':' or '\n'))
                into.Length--;
            into.Append(c);
        }
        return into.ToString().Trim();
    }

    private static string Articles(string text)
    {
        var into = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            into.Append(text[i]);
            var alone = text[i] is 'a' or 'A' && (i == 0 || !(char.IsLetterOrDigit(text[i - 1]) || text[i - 1] is '\'' or '.' or '@'));
            if (alone && i + 2 < text.Length && text[i + 1] == ' ' && SoundsLikeVowel(text.AsSpan(i + 2)))
                into.Append('n');
        }
        return into.ToString();
    }

    private static bool SoundsLikeVowel(ReadOnlySpan<char> word)
    {
        foreach (var w in VowelSound)
            if (word.StartsWith(w, StringComparison.OrdinalIgnoreCase))
                return true;
        foreach (var w in ConsonantSound)
            if (word.StartsWith(w, StringComparison.OrdinalIgnoreCase))
                return false;
        return char.ToLowerInvariant(word[0]) is 'a' or 'e' or 'i' or 'o' or 'u' || word.StartsWith("8") || word.StartsWith("11 ") || word.StartsWith("18 ");
    }

    private static string Capitals(string text)
    {
        var into = new StringBuilder(text.Length);
        var pending = true;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '^' or '%')
            {
                pending = c == '^';
                continue;
            }
            if (char.IsLetterOrDigit(c))
            {
                into.Append(pending ? char.ToUpperInvariant(c) : c);
                pending = false;
                continue;
            }
            into.Append(c);
            var next = i + 1 < text.Length ? text[i + 1] : ' ';
            if (c is '.' or '!' or '?' && next is ' ' or '\n' || c == '.' && next == '"')
                pending = true;
            else if (c == '\n' && next == '\n')
                pending = true;
        }
        return into.ToString();
    }
}
