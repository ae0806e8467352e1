namespace Attune.Data;

/// <summary>
/// How many rows a pass over so many tokens has. A pass is filled up to a multiple of a small unit rather than to the largest pass, so
/// that next to nothing is computed in vain; and the counts that can come are few, so that a memory plan can try each of them.
/// </summary>
/// <remarks>
/// Smaller passes would take less memory only on the whole: an arena that fills the first gap that fits can end higher for a smaller
/// request. Hence a plan that holds for every pass looks at every count in <see cref="All"/>.
/// </remarks>
public static class PassRows
{
    // Enough that the few-row path of a product, which adds in another order, is never taken within a pass.
    private const int SmallestUnit = 16;

    // A sixty-fourth of the largest pass is filled in vain at the most, half of it on the average.
    private const int MostCounts = 64;

    /// <summary>Rows of a pass over <paramref name="tokens"/> tokens, where the largest has <paramref name="most"/>.</summary>
    public static int For(int tokens, int most)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, most);
        return (int)Math.Min(most, RoundUp(Math.Max(1, tokens), Unit(most)));
    }

    /// <summary>Every count that <see cref="For"/> can give, the largest first: at most 64 and one.</summary>
    public static IEnumerable<int> All(int most)
    {
        yield return most;
        for (var rows = (most - 1) / Unit(most) * Unit(most); rows > 0; rows -= Unit(most))
            yield return rows;
    }

    private static int Unit(int most) => (int)RoundUp((most + MostCounts - 1L) / MostCounts, SmallestUnit);

    private static long RoundUp(long n, int unit) => (n + unit - 1) / unit * unit;
}
