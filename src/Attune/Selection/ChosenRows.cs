namespace Attune.Selection;

/// <summary>How many rows a label has, and how many of them are kept.</summary>
/// <param name="Label">The label; empty for rows without one.</param>
/// <param name="Rows">Rows that could be kept.</param>
/// <param name="Kept">Rows that are.</param>
public sealed record LabelRows(string Label, int Rows, int Kept);

/// <summary>The rows that are kept, and the order that they were taken from.</summary>
/// <param name="Ranking">Of all rows; where labels are chosen from one by one, first the best row of each, then the second best.</param>
/// <param name="Kept">Rows by index.</param>
internal sealed record ChosenRows(Ranking Ranking, IReadOnlyList<int> Kept)
{
    /// <summary>By label, the most frequent first; empty where all rows are alike.</summary>
    public IReadOnlyList<LabelRows> Labels { get; init; } = [];

    /// <summary>The first rows of a selector's order, as many as the budget allows.</summary>
    public static ChosenRows Of(Selector selector, SelectionInput input, Budget budget)
    {
        var ranking = selector.Rank(input);
        return new ChosenRows(ranking, budget.Take(ranking.Order, input.Rows));
    }

    /// <summary>The first rows of a selector's order within each label, the budget spread over the labels (<see cref="LabelShares"/>).</summary>
    public static ChosenRows Of(Selector selector, SelectionInput input, Budget budget, RowLabels labels)
    {
        (string Name, int[] Rows)[] groups = [.. Enumerable.Range(0, input.Rows.Count).GroupBy(i => labels.OfRow[i]).Select(static g => (g.Key, g.ToArray())).OrderByDescending(static g => g.Item2.Length).ThenBy(static g => g.Key, StringComparer.Ordinal)];
        Ranking[] rankings = [.. groups.Select(g => selector.Rank(input.Of(g.Rows, g.Name)))];
        IEnumerable<int>[] orders = [.. groups.Zip(rankings, static (g, r) => r.Order.Select(i => g.Rows[i]))];
        var shares = budget.Unit == BudgetUnit.Tokens
            ? LabelShares.OfTokens((long)budget.Amount, [.. orders.Select(o => o.Select(i => input.Rows[i].Tokens))], [.. groups.Select(g => g.Rows.Sum(i => (long)input.Rows[i].Tokens))])
            : LabelShares.Of(budget.RowsOf(input.Rows.Count), [.. groups.Select(static g => g.Rows.Length)], [.. groups.Zip(rankings, static (g, r) => g.Rows.Length - r.LeftOut.Sum(static l => l.Rows))]);
        var ranking = Joined(groups, rankings, orders, input.Rows.Count);
        return new ChosenRows(ranking with { Notes = [.. Sentences(groups, shares, labels), .. ranking.Notes] }, [.. orders.Zip(shares, static (o, n) => o.Take(n)).SelectMany(static o => o)])
        {
            Labels = [.. groups.Zip(shares, static (g, n) => new LabelRows(g.Name, g.Rows.Length, n))],
        };
    }

    private static Ranking Joined((string Name, int[] Rows)[] groups, Ranking[] rankings, IEnumerable<int>[] orders, int count)
    {
        double[]? scores = null;
        if (rankings[0].Scores is not null)
        {
            scores = new double[count];
            foreach (var (group, ranking) in groups.Zip(rankings))
            {
                foreach (var (at, row) in group.Rows.Index())
                    scores[row] = ranking.Scores![at];
            }
        }
        return rankings[0] with
        {
            Order = Blocks.Weave(orders),
            Scores = scores,
            LeftOut = [.. rankings.SelectMany(static r => r.LeftOut).GroupBy(static l => l.Why, static (why, some) => new LeftOut(some.Sum(static l => l.Rows), why))],
            // What a rule finds, it finds in each label anew.
            Notes = [.. rankings[0].Notes.Select(n => $"of {Shown(groups[0].Name)}: {n}")],
        };
    }

    private static IEnumerable<string> Sentences((string Name, int[] Rows)[] groups, int[] shares, RowLabels labels)
    {
        yield return $"chosen within each of {groups.Length} labels, in proportion to their rows, {shares.Where(static n => n > 0).DefaultIfEmpty().Min()} to {shares.Max()} of each; the labels are {labels.Where} (--per none chooses over all rows alike)";
        if (shares.Count(static n => n == 0) is > 0 and var without)
            yield return $"{without} labels have no row among those that are kept";
        if (Array.FindIndex(groups, static g => g.Name.Length == 0) is >= 0 and var nameless)
            yield return $"{groups[nameless].Rows.Length} rows have no label, and count as one together";
    }

    private static string Shown(string label) => label.Length == 0 ? "the rows without a label" : $"the label {label}";
}
