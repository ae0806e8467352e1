namespace Attune.Quality;

/// <summary>
/// Sets of word shingles (every run of n words) as sorted hashes of 32 bits, and their Jaccard similarity |A ∩ B| / |A ∪ B|. Beyond
/// <see cref="Most"/> shingles a set is its smallest hashes (a bottom-k sketch), and the similarity an estimate with a deviation of 0.8 points.
/// </summary>
internal static class ShingleSet
{
    /// <summary>Hashes of a set that are kept.</summary>
    public const int Most = 4096;

    /// <summary>The distinct shingles of words, sorted; all words as one where they are fewer than <paramref name="n"/>.</summary>
    /// <param name="words">The words, at least one.</param>
    /// <param name="n">Words of a shingle.</param>
    /// <param name="buffer">Grown as needed.</param>
    /// <returns>How many hashes stand in the buffer.</returns>
    public static int Of(WordHashes words, int n, ref uint[] buffer)
    {
        n = Math.Min(n, words.Count);
        var all = words.Count - n + 1;
        if (buffer.Length < all) buffer = new uint[Math.Max(all, buffer.Length * 2)];
        for (var i = 0; i < all; i++) buffer[i] = (uint)(words.Gram(i, n) >> 32);
        Array.Sort(buffer, 0, all);
        var count = 1;
        for (var i = 1; i < all; i++)
        {
            if (buffer[i] != buffer[count - 1]) buffer[count++] = buffer[i];
        }
        return count;
    }

    /// <summary>The similarity of two sets, from 0 to 1.</summary>
    public static double Jaccard(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b)
    {
        var (i, j, shared, union) = (0, 0, 0, 0);
        // The smallest hashes of the union are among the smallest of each; behind them a cut set says nothing.
        for (; i < a.Length && j < b.Length && union < Most; union++)
        {
            var (x, y) = (a[i], b[j]);
            shared += x == y ? 1 : 0;
            i += x <= y ? 1 : 0;
            j += y <= x ? 1 : 0;
        }
        union = Math.Min(Most, union + (a.Length - i) + (b.Length - j));
        return (double)shared / union;
    }
}
