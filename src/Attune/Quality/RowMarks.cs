namespace Attune.Quality;

/// <summary>A growing set of row ids: one bit a row.</summary>
internal sealed class RowMarks
{
    private ulong[] bits = [];

    /// <summary>How many are marked.</summary>
    public long Count { get; private set; }

    /// <summary>Whether a row is marked.</summary>
    public bool this[int row] => row >> 6 < bits.Length && (bits[row >> 6] >> (row & 63) & 1) == 1;

    /// <summary>Marks a row; false if it was marked.</summary>
    public bool Add(int row)
    {
        if (this[row]) return false;
        if (row >> 6 >= bits.Length) Array.Resize(ref bits, Math.Max(1024, Math.Max(bits.Length * 2, (row >> 6) + 1)));
        bits[row >> 6] |= 1UL << (row & 63);
        Count++;
        return true;
    }
}
