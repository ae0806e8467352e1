using Attune.Engine;

namespace Attune.Selection;

/// <summary>
/// Rows dealt by chance into blocks of nearly equal size, and orders of blocks woven into one: what looks at every pair of rows stays
/// bounded, and each block gives its share of whatever budget there is.
/// </summary>
internal static class Blocks
{
    /// <summary>One order of all rows: that of <paramref name="within"/> where one block holds them, else a row of each block in turn.</summary>
    /// <param name="count">How many rows.</param>
    /// <param name="most">Rows of a block at the most.</param>
    /// <param name="key">Deals the rows.</param>
    /// <param name="within">Orders the rows of one block, given in ascending order.</param>
    public static IEnumerable<int> Order(int count, int most, RandomKey key, Func<int[], IEnumerable<int>> within)
    {
        var blocks = (count + most - 1) / most;
        if (blocks <= 1)
            return within([.. Enumerable.Range(0, count)]);
        int[] dealt = [.. Enumerable.Range(0, count).OrderBy(i => key.Uniform(i))];
        return Weave([.. Enumerable.Range(0, blocks).Select(b => within([.. dealt.Where((_, at) => at % blocks == b).Order()]))]);
    }

    /// <summary>A row of each order in turn, as long as there are some.</summary>
    public static IEnumerable<int> Weave(IReadOnlyList<IEnumerable<int>> orders)
    {
        var open = orders.Select(static o => o.GetEnumerator()).ToList();
        try
        {
            while (open.Count > 0)
            {
                foreach (var order in open.ToArray())
                {
                    if (order.MoveNext())
                        yield return order.Current;
                    else
                        open.Remove(order);
                }
            }
        }
        finally
        {
            open.ForEach(static o => o.Dispose());
        }
    }
}
