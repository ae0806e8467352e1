namespace Attune.Text.Bpe;

/// <summary>
/// A word's symbols as a linked list, with a heap of the merges that can be made: n symbols cost O(n log n), so that a book
/// without a space in the vocabulary's sense (no pre-tokenizer) is no worse per character than a word.
/// </summary>
internal sealed class SymbolChain(int capacity)
{
    private const int Gone = -1;

    private readonly PriorityQueue<int, ulong> candidates = new();             // position of the left symbol, by rank, then position
    private int[] ids = new int[capacity];
    private int[] begins = new int[capacity];
    private int[] ends = new int[capacity];
    private int[] next = [];
    private int[] previous = [];
    private int count;

    public void Add(int id, int begin, int end)
    {
        if (count == ids.Length) Grow();
        (ids[count], begins[count], ends[count]) = (id, begin, end);
        count++;
    }

    public void MergeAll(Dictionary<ulong, Merge> merges)
    {
        if (count < 2) return;
        next = new int[count];
        previous = new int[count];
        for (var i = 0; i < count; i++) (next[i], previous[i]) = (i + 1 < count ? i + 1 : Gone, i - 1);
        for (var i = 0; i + 1 < count; i++) Offer(i, merges);
        while (candidates.TryDequeue(out var left, out var priority))
        {
            // A candidate is stale where one of its two has been merged meanwhile: then the pair found here has another rank.
            if (ids[left] == Gone || next[left] == Gone) continue;
            var right = next[left];
            if (!merges.TryGetValue(BpeModel.Pair(ids[left], ids[right]), out var merge) || (int)(priority >> 32) != merge.Rank) continue;
            ids[left] = merge.Id;
            ends[left] = ends[right];
            ids[right] = Gone;
            next[left] = next[right];
            if (next[left] != Gone) previous[next[left]] = left;
            if (previous[left] != Gone) Offer(previous[left], merges);
            Offer(left, merges);
        }
    }

    public WordTokens ToTokens()
    {
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            if (ids[i] == Gone) continue;
            (ids[kept], begins[kept], ends[kept]) = (ids[i], begins[i], ends[i]);
            kept++;
        }
        return new(ids[..kept], begins[..kept], ends[..kept]);
    }

    private void Offer(int left, Dictionary<ulong, Merge> merges)
    {
        var right = next[left];
        if (right != Gone && merges.TryGetValue(BpeModel.Pair(ids[left], ids[right]), out var merge))
            candidates.Enqueue(left, ((ulong)(uint)merge.Rank << 32) | (uint)left);
    }

    private void Grow()
    {
        var size = Math.Max(4, ids.Length * 2);
        Array.Resize(ref ids, size);
        Array.Resize(ref begins, size);
        Array.Resize(ref ends, size);
    }
}
