using System.Runtime.InteropServices;

namespace Attune.Quality.Detectors;

/// <summary>How often words and triples of letters stand in each language; a text's language is the one under which it is likeliest (naive Bayes).</summary>
/// <remarks>
/// log p(text | language) = Σ log((count(f) + α·b(f)) / (total + α)) over the features f, where b is their frequency in all languages together:
/// what a profile has not seen counts by how rare it is anywhere, so that small profiles do for long texts too.
/// </remarks>
internal sealed class LanguageProfiles
{
    private const double Smoothing = 400, LeastMargin = 14, LeastKnown = 0.3;
    private const int FewestWords = 5, LongestWord = 30, LongestFrequentWord = 7;
    private const string Resource = "languages.txt";

    private readonly List<(string Code, string Name, bool Cyrillic)> languages = [];
    private readonly Dictionary<ulong, float[]> scores = [];
    private readonly Dictionary<ulong, uint> known = [];

    private LanguageProfiles()
    {
    }

    /// <summary>Codes and English names.</summary>
    public IReadOnlyDictionary<string, string> Names => languages.ToDictionary(static l => l.Code, static l => l.Name);

    /// <summary>Reads the profiles that the assembly carries.</summary>
    public static LanguageProfiles Load()
    {
        using var text = new StreamReader(typeof(LanguageProfiles).Assembly.GetManifestResourceStream(Resource)!);
        var profiles = new LanguageProfiles();
        var counts = new Dictionary<ulong, int[]>();
        while (text.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            // A heading is a code of two letters and a name; no line of text is that short.
            if (line.Split(' ') is [{ Length: 2 } code, var name])
            {
                profiles.languages.Add((code, name, false));
                continue;
            }
            var index = profiles.languages.Count - 1;
            if (line.Any(static c => c is >= '\u0400' and < '\u0530')) profiles.languages[index] = profiles.languages[index] with { Cyrillic = true };
            foreach (var feature in Features(line, out _))
                (CollectionsMarshal.GetValueRefOrAddDefault(counts, feature, out _) ??= new int[32])[index]++;
        }
        profiles.Weigh(counts);
        return profiles;
    }

    /// <summary>The code of the likeliest language among those of a script; null where none stands out or the text is like none.</summary>
    public string? Of(ReadOnlySpan<char> text, bool cyrillic)
    {
        var features = Features(text, out var words);
        if (words < FewestWords) return null;
        var sums = new double[languages.Count];
        Span<int> seen = stackalloc int[languages.Count];
        foreach (var feature in features)
        {
            if (!scores.TryGetValue(feature, out var score)) continue;
            var mask = known[feature];
            for (var l = 0; l < sums.Length; l++)
            {
                sums[l] += score[l];
                seen[l] += (int)(mask >> l) & 1;
            }
        }
        var (best, second) = (-1, double.NegativeInfinity);
        for (var l = 0; l < sums.Length; l++)
        {
            if (languages[l].Cyrillic != cyrillic) continue;
            if (best < 0 || sums[l] > sums[best]) (second, best) = (best < 0 ? second : sums[best], l);
            else second = Math.Max(second, sums[l]);
        }
        return sums[best] - second >= LeastMargin && seen[best] >= LeastKnown * features.Count ? languages[best].Code : null;
    }

    private void Weigh(Dictionary<ulong, int[]> counts)
    {
        var totals = new double[languages.Count];
        foreach (var count in counts.Values)
            for (var l = 0; l < totals.Length; l++) totals[l] += count[l];
        foreach (var (feature, count) in counts)
        {
            var everywhere = 0.0;
            for (var l = 0; l < totals.Length; l++) everywhere += count[l] / totals[l] / totals.Length;
            var score = new float[totals.Length];
            var mask = 0u;
            for (var l = 0; l < totals.Length; l++)
            {
                score[l] = (float)Math.Log((count[l] + Smoothing * everywhere) / (totals[l] + Smoothing));
                if (count[l] > 0) mask |= 1u << l;
            }
            scores[feature] = score;
            known[feature] = mask;
        }
    }

    /// <summary>Triples of letters with the borders of words, and short words as a whole; and how many words there are.</summary>
    private static List<ulong> Features(ReadOnlySpan<char> text, out int words)
    {
        var features = new List<ulong>(text.Length * 3 / 2);
        words = 0;
        for (var at = 0; at < text.Length;)
        {
            if (!IsOfWord(text[at]))
            {
                at++;
                continue;
            }
            var start = at;
            while (at < text.Length && IsOfWord(text[at])) at++;
            if (at - start > LongestWord) continue;
            words++;
            AddWord(text[start..at], features);
        }
        return features;
    }

    private static void AddWord(ReadOnlySpan<char> word, List<ulong> features)
    {
        var (triple, whole) = ((ulong)' ', 0xCBF29CE484222325UL);
        for (var i = 0; i <= word.Length; i++)
        {
            var c = i < word.Length ? char.ToLowerInvariant(word[i]) : ' ';
            triple = (triple << 16 | c) & 0xFFFF_FFFF_FFFF;
            whole = (whole ^ c) * 0x100000001B3UL;
            if (i > 0) features.Add(triple);
        }
        if (word.Length > LongestFrequentWord) return;
        // Twice: a frequent word says more than the letters it is made of.
        features.Add(whole | 1UL << 63);
        features.Add(whole | 1UL << 63);
    }

    private static bool IsOfWord(char c) => char.IsLetter(c) || c is '\'' or '’' || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.NonSpacingMark;
}
