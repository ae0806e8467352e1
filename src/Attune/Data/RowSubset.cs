namespace Attune.Data;

/// <summary>A part of the training rows, for what is learned from less: <c>data.train_fraction</c>.</summary>
/// <remarks>
/// Whole groups (<see cref="Example.Group"/>) in the order of a hash of seed and group, as <see cref="Splitter"/> takes them, until the wanted number
/// is reached: the parts of one seed are nested, a half lies within three quarters, so that what a larger part gains is due to the rows that came to it.
/// </remarks>
public static class RowSubset
{
    // Another order than that in which rows are held out, or a part would begin where the held-out rows ended.
    private const ulong Salt = 0x5ab5e7;

    /// <summary>The part, in the given order; within half a group of the wanted size, and empty where that is nearer to none.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="fraction">From 0 to 1.</param>
    /// <param name="seed">Of the order.</param>
    public static IReadOnlyList<Example> Take(IReadOnlyList<Example> rows, double fraction, ulong seed)
    {
        var wanted = rows.Count * fraction;
        var taken = new HashSet<ulong>();
        var count = 0;
        foreach (var group in rows.GroupBy(static e => e.Group).OrderBy(g => Mixing.Bits(seed, g.Key, Salt)).ThenBy(static g => g.Key))
        {
            var size = group.Count();
            // No group is skipped for a smaller one behind it: then the parts would not be nested.
            if (count + size / 2.0 > wanted)
                break;
            taken.Add(group.Key);
            count += size;
        }
        return [.. rows.Where(e => taken.Contains(e.Group))];
    }
}
