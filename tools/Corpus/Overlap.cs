using System.Text.RegularExpressions;

namespace Attune.Corpus;

/// <summary>Proves that what measures was not learned from: n-grams shared with the corpus, and near-duplicates between the splits of the support data.</summary>
internal static partial class Overlap
{
    /// <summary>From this similarity on, two rows say the same thing.</summary>
    public const double NearDuplicate = 0.5;

    /// <summary>How many different 8-grams of each held-out text stand in the corpus.</summary>
    public static List<(string Name, int Grams, int Shared)> WithCorpus(IEnumerable<string> corpus, IEnumerable<(string Name, string Path)> heldOut)
    {
        var texts = heldOut.Select(h => (h.Name, Grams: HeldOut.Grams(h.Path), Shared: new HashSet<ulong>())).ToList();
        var any = texts.SelectMany(t => t.Grams).ToHashSet();
        foreach (var file in corpus)
            foreach (var text in JsonText.Strings(file))
                foreach (var gram in Ngrams.Hashes(text))
                    if (any.Contains(gram))
                        foreach (var held in texts)
                            if (held.Grams.Contains(gram))
                                held.Shared.Add(gram);
        return [.. texts.Select(t => (t.Name, t.Grams.Count, t.Shared.Count))];
    }

    /// <summary>A user's message with the slot values of its answer masked, as the set of its word 3-grams.</summary>
    public static HashSet<ulong> MaskedGrams(string ask, string answer)
    {
        var values = SlotValue().Matches(answer.Split('\n')[0]).Select(m => m.Groups["value"].Value).OrderByDescending(v => v.Length);
        foreach (var value in values)
            ask = ask.Replace(value, " slot ", StringComparison.Ordinal);
        return Grams(ask);
    }

    /// <summary>The word 3-grams of a text; its words where it has fewer than three.</summary>
    public static HashSet<ulong> Grams(string text)
    {
        var grams = Ngrams.Hashes(text, 3).ToHashSet();
        return grams.Count > 0 ? grams : [.. Ngrams.Normalise(text).Select(Ngrams.Hash)];
    }

    public static double Jaccard(HashSet<ulong> a, HashSet<ulong> b)
    {
        var shared = a.Count(b.Contains);
        return shared == 0 ? 0 : (double)shared / (a.Count + b.Count - shared);
    }

    /// <summary>The most similar pair between two lists of rows.</summary>
    public static (double Jaccard, string Left, string Right) Nearest(IReadOnlyList<(string Ask, string Answer)> left, IReadOnlyList<(string Ask, string Answer)> right)
    {
        var grams = right.Select(r => MaskedGrams(r.Ask, r.Answer)).ToArray();
        var best = (0.0, "", "");
        foreach (var (ask, answer) in left)
        {
            var mine = MaskedGrams(ask, answer);
            for (var i = 0; i < grams.Length; i++)
                if (Jaccard(mine, grams[i]) is var j && j > best.Item1)
                    best = (j, ask, right[i].Ask);
        }
        return best;
    }

    [GeneratedRegex(@"; \w+: (?<value>[^;\n]+)")]
    private static partial Regex SlotValue();
}
