using System.Buffers;
using System.Numerics;
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

    // Whole vectors of any width, and the bits of a mask.
    private const int Lanes = 32;

    private readonly List<(string Code, string Name, bool Cyrillic)> languages = [];
    private FeatureTable table = new([]);
    private float[] scores = [];
    private uint[] known = [];

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
            var features = new ulong[MostFeatures(line.Length)];
            foreach (var feature in features.AsSpan(0, Features(line, features, out _)))
                (CollectionsMarshal.GetValueRefOrAddDefault(counts, feature, out _) ??= new int[Lanes])[index]++;
        }
        profiles.Weigh(counts);
        return profiles;
    }

    /// <summary>The code of the likeliest language among those of a script; null where none stands out or the text is like none.</summary>
    public string? Of(ReadOnlySpan<char> text, bool cyrillic)
    {
        var features = ArrayPool<ulong>.Shared.Rent(MostFeatures(text.Length));
        try
        {
            var found = Features(text, features, out var words);
            return words < FewestWords ? null : Likeliest(features.AsSpan(0, found), cyrillic);
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(features);
        }
    }

    private string? Likeliest(ReadOnlySpan<ulong> features, bool cyrillic)
    {
        Span<double> sums = stackalloc double[Lanes];
        sums.Clear();
        foreach (var feature in features)
        {
            if (table.RowOf(feature) is >= 0 and var row) Add(scores.AsSpan(row * Lanes, Lanes), sums);
        }
        var (best, second) = (-1, double.NegativeInfinity);
        for (var l = 0; l < languages.Count; l++)
        {
            if (languages[l].Cyrillic != cyrillic) continue;
            if (best < 0 || sums[l] > sums[best]) (second, best) = (best < 0 ? second : sums[best], l);
            else second = Math.Max(second, sums[l]);
        }
        if (sums[best] - second < LeastMargin) return null;
        var seen = 0;
        foreach (var feature in features)
        {
            if (table.RowOf(feature) is >= 0 and var row) seen += (int)(known[row] >> best) & 1;
        }
        return seen >= LeastKnown * features.Length ? languages[best].Code : null;
    }

    // In double, each language for itself: the order of additions, and with it every bit, is that of the text on any machine.
    private static void Add(ReadOnlySpan<float> score, Span<double> sums)
    {
        var from = MemoryMarshal.Cast<float, Vector<float>>(score);
        var into = MemoryMarshal.Cast<double, Vector<double>>(sums);
        for (var i = 0; i < from.Length; i++)
        {
            Vector.Widen(from[i], out var low, out var high);
            into[2 * i] += low;
            into[2 * i + 1] += high;
        }
    }

    private void Weigh(Dictionary<ulong, int[]> counts)
    {
        var totals = new double[languages.Count];
        foreach (var count in counts.Values)
            for (var l = 0; l < totals.Length; l++) totals[l] += count[l];
        (table, scores, known) = (new FeatureTable(counts.Keys), new float[counts.Count * Lanes], new uint[counts.Count]);
        foreach (var (feature, count) in counts)
        {
            var everywhere = 0.0;
            for (var l = 0; l < totals.Length; l++) everywhere += count[l] / totals[l] / totals.Length;
            var row = table.RowOf(feature);
            var score = scores.AsSpan(row * Lanes, Lanes);
            for (var l = 0; l < totals.Length; l++)
            {
                score[l] = (float)Math.Log((count[l] + Smoothing * everywhere) / (totals[l] + Smoothing));
                if (count[l] > 0) known[row] |= 1u << l;
            }
        }
    }

    // A word of one letter and the blank behind it give three.
    private static int MostFeatures(int characters) => characters * 3 / 2 + 2;

    /// <summary>Triples of letters with the borders of words, and short words as a whole; how many there are, and how many words.</summary>
    private static int Features(ReadOnlySpan<char> text, Span<ulong> features, out int words)
    {
        var count = words = 0;
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
            count += AddWord(text[start..at], features[count..]);
        }
        return count;
    }

    private static int AddWord(ReadOnlySpan<char> word, Span<ulong> features)
    {
        var (triple, whole, count) = ((ulong)' ', 0xCBF29CE484222325UL, 0);
        for (var i = 0; i <= word.Length; i++)
        {
            var c = i < word.Length ? char.ToLowerInvariant(word[i]) : ' ';
            triple = (triple << 16 | c) & 0xFFFF_FFFF_FFFF;
            whole = (whole ^ c) * 0x100000001B3UL;
            if (i > 0) features[count++] = triple;
        }
        if (word.Length > LongestFrequentWord) return count;
        // Twice: a frequent word says more than the letters it is made of.
        features[count++] = whole | 1UL << 63;
        features[count++] = whole | 1UL << 63;
        return count;
    }

    private static bool IsOfWord(char c) => char.IsAscii(c) ? char.IsAsciiLetter(c) || c == '\''
        : char.IsLetter(c) || c == '’' || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.NonSpacingMark;
}
