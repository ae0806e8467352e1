namespace Attune.Selection;

/// <summary>How a budget is spread over labels: as the rows are, and something of each.</summary>
internal static class LabelShares
{
    /// <summary>
    /// Rows for each label: in proportion to its size, at least one (of the largest, where there are fewer rows than labels), at most what it has to
    /// give. What is left of whole numbers goes to the largest remainders (Hamilton), of equals to the first.
    /// </summary>
    /// <remarks>
    /// Before rounding the shares are clamp(λ · size, 1, most) with the one λ at which they add up to the budget: what a small label gets above its
    /// share, or cannot give, changes the shares of all others by one factor.
    /// </remarks>
    /// <param name="budget">Rows, above 0; more than all labels have give all they have.</param>
    /// <param name="sizes">Rows of each label, above 0.</param>
    /// <param name="most">How many of them it can give, from 0 to its size.</param>
    public static int[] Of(int budget, IReadOnlyList<int> sizes, IReadOnlyList<int> most)
    {
        if (most.Sum(static m => (long)m) <= budget)
            return [.. most];
        int[] open = [.. Enumerable.Range(0, sizes.Count).Where(l => most[l] > 0)];
        if (budget <= open.Length)
        {
            var first = open.OrderByDescending(l => sizes[l]).ThenBy(static l => l).Take(budget).ToHashSet();
            return [.. Enumerable.Range(0, sizes.Count).Select(l => first.Contains(l) ? 1 : 0)];
        }
        double Share(int label, double factor) => most[label] == 0 ? 0 : Math.Clamp(factor * sizes[label], 1, most[label]);
        // Twice as many halvings as a double has bits leave nothing to chance.
        var (low, high) = (0.0, 1.0);
        while (open.Sum(l => Share(l, high)) < budget)
            high *= 2;
        for (var i = 0; i < 128; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = open.Sum(l => Share(l, middle)) < budget ? (middle, high) : (low, middle);
        }
        double[] shares = [.. Enumerable.Range(0, sizes.Count).Select(l => Share(l, high))];
        int[] rows = [.. shares.Select(static s => (int)s)];
        foreach (var label in open.Where(l => rows[l] < most[l]).OrderByDescending(l => shares[l] - rows[l]).ThenBy(static l => l).Take(budget - rows.Sum()))
            rows[label]++;
        return rows;
    }

    /// <summary>
    /// The rows that fit into so many tokens: again and again the next one of the label that has least of its tokens so far, of equals the first; a
    /// label whose next row does not fit any more gets none from then on.
    /// </summary>
    /// <param name="budget">Tokens.</param>
    /// <param name="orders">The rows of every label, the best first, by their tokens; not read further than needed.</param>
    /// <param name="sizes">Tokens of all rows of each label, above 0.</param>
    /// <returns>How many of each.</returns>
    public static int[] OfTokens(long budget, IReadOnlyList<IEnumerable<int>> orders, IReadOnlyList<long> sizes)
    {
        var (rows, taken) = (new int[sizes.Count], new long[sizes.Count]);
        var open = orders.Select(static (o, l) => (Label: l, Rows: o.GetEnumerator())).ToList();
        try
        {
            while (open.Count > 0)
            {
                var next = open.MinBy(o => ((double)taken[o.Label] / sizes[o.Label], o.Label));
                if (!next.Rows.MoveNext() || next.Rows.Current > budget)
                {
                    next.Rows.Dispose();
                    open.Remove(next);
                    continue;
                }
                budget -= next.Rows.Current;
                taken[next.Label] += next.Rows.Current;
                rows[next.Label]++;
            }
            return rows;
        }
        finally
        {
            open.ForEach(static o => o.Rows.Dispose());
        }
    }
}
