using System.Runtime.InteropServices;

namespace Attune.Text.Bpe;

/// <summary>
/// The words of a corpus as token sequences, with the count of every neighbouring pair kept up to date: a merge visits only the words that hold its pair.
/// Token ids: <c>firstByte + b</c> for byte b, then one for each merge that makes a new string of bytes; two merges that spell the same make the same token.
/// </summary>
internal sealed class PairMerger
{
    private readonly int firstByte;
    private readonly List<byte[]> tokens = [];                                 // bytes of a token, by id − firstByte
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private readonly int[][] words;                                            // each word's tokens; the first lengths[w] are in use
    private readonly int[] lengths;
    private readonly long[] frequencies;
    private readonly Dictionary<ulong, long> counts = [];
    private readonly Dictionary<ulong, List<int>> holders = [];                // words that hold, or once held, the pair
    private readonly PriorityQueue<(ulong Pair, long Count), (ulong Pair, long Count)> queue;

    public PairMerger(List<(string Word, long Count)> corpus, int firstByte)
    {
        this.firstByte = firstByte;
        queue = new(Comparer<(ulong Pair, long Count)>.Create(MostFrequentFirst));
        for (var b = 0; b < 256; b++) IdOf([(byte)b]);
        words = [.. corpus.Select(w => System.Text.Encoding.UTF8.GetBytes(w.Word).Select(b => firstByte + b).ToArray())];
        lengths = [.. words.Select(w => w.Length)];
        frequencies = [.. corpus.Select(w => w.Count)];
        for (var w = 0; w < words.Length; w++)
        {
            for (var i = 0; i + 1 < lengths[w]; i++) Change(words[w][i], words[w][i + 1], w, frequencies[w]);
        }
        foreach (var (pair, count) in counts) queue.Enqueue((pair, count), (pair, count));
    }

    /// <summary>Bytes and merged tokens so far.</summary>
    public int TokenCount => tokens.Count;

    /// <summary>The tokens' bytes, by id − firstByte.</summary>
    public IReadOnlyList<byte[]> Tokens => tokens;

    /// <summary>Merges the most frequent pair everywhere and returns it; null where no pair occurs <paramref name="least"/> times.</summary>
    public (int Left, int Right)? MergeMostFrequent(long least)
    {
        while (queue.TryDequeue(out var candidate, out _))
        {
            var count = counts.GetValueOrDefault(candidate.Pair);
            if (count != candidate.Count)
            {
                // Stale: it fell since it was queued. (Where it rose, a newer entry stands before this one.)
                if (count < candidate.Count && count > 0) queue.Enqueue((candidate.Pair, count), (candidate.Pair, count));
                continue;
            }
            if (count < Math.Max(least, 1)) return null;
            var (left, right) = ((int)(candidate.Pair >> 32), (int)(uint)candidate.Pair);
            Merge(left, right, candidate.Pair);
            return (left, right);
        }
        return null;
    }

    private void Merge(int left, int right, ulong pair)
    {
        var merged = IdOf([.. Bytes(left), .. Bytes(right)]);
        var risen = new HashSet<ulong>();
        foreach (var word in holders[pair]) MergeInWord(word, left, right, merged, risen);
        holders.Remove(pair);
        counts.Remove(pair);
        foreach (var changed in risen)
        {
            if (counts.TryGetValue(changed, out var count) && count > 0) queue.Enqueue((changed, count), (changed, count));
        }
    }

    private void MergeInWord(int word, int left, int right, int merged, HashSet<ulong> risen)
    {
        var (symbols, length, frequency, kept) = (words[word], lengths[word], frequencies[word], 0);
        for (var i = 0; i < length; i++)
        {
            if (i + 1 >= length || symbols[i] != left || symbols[i + 1] != right)
            {
                symbols[kept++] = symbols[i];
                continue;
            }
            // The neighbours' pairs change: what stands before is merged already, what stands behind is not yet.
            if (kept > 0)
            {
                Change(symbols[kept - 1], left, word, -frequency);
                Change(symbols[kept - 1], merged, word, frequency);
                risen.Add(BpeModel.Pair(symbols[kept - 1], merged));
            }
            if (i + 2 < length)
            {
                Change(right, symbols[i + 2], word, -frequency);
                Change(merged, symbols[i + 2], word, frequency);
                risen.Add(BpeModel.Pair(merged, symbols[i + 2]));
            }
            symbols[kept++] = merged;
            i++;
        }
        lengths[word] = kept;
    }

    private void Change(int left, int right, int word, long by)
    {
        var pair = BpeModel.Pair(left, right);
        CollectionsMarshal.GetValueRefOrAddDefault(counts, pair, out _) += by;
        if (by < 0) return;
        ref var held = ref CollectionsMarshal.GetValueRefOrAddDefault(holders, pair, out _);
        held ??= [];
        // Words are visited in order, so that a repetition within one word is the last entry.
        if (held.Count == 0 || held[^1] != word) held.Add(word);
    }

    private int MostFrequentFirst((ulong Pair, long Count) x, (ulong Pair, long Count) y)
    {
        if (x.Count != y.Count) return y.Count.CompareTo(x.Count);
        var byLeft = Bytes((int)(y.Pair >> 32)).SequenceCompareTo(Bytes((int)(x.Pair >> 32)));
        if (byLeft != 0) return byLeft;
        var byRight = Bytes((int)(uint)y.Pair).SequenceCompareTo(Bytes((int)(uint)x.Pair));
        return byRight != 0 ? byRight : x.Pair.CompareTo(y.Pair);
    }

    private int IdOf(byte[] bytes)
    {
        var key = System.Text.Encoding.Latin1.GetString(bytes);
        if (ids.TryGetValue(key, out var known)) return known;
        tokens.Add(bytes);
        return ids[key] = firstByte + tokens.Count - 1;
    }

    private ReadOnlySpan<byte> Bytes(int id) => tokens[id - firstByte];
}
