using Attune.Engine;

namespace Attune.Search.Importance;

/// <summary>A box of the space in which a tree says one value.</summary>
/// <param name="Box">Its extent on every axis.</param>
/// <param name="Value">Mean of the rows in it.</param>
/// <param name="Volume">Its part of the whole space.</param>
internal sealed record Leaf(Extent[] Box, double Value, double Volume);

/// <summary>
/// A regression tree (CART, Breiman 1984) as the boxes that its leaves are: always the split that takes most of the squared error, numbers
/// at the middle between two rows, categories in the order of their means, of which the best cut is the best of all subsets (Fisher 1958).
/// </summary>
internal sealed class RegressionTree
{
    private const int LeastRows = 2;

    private readonly IReadOnlyList<Axis> axes;
    private readonly double[][] rows;
    private readonly double[] values;
    private readonly RandomKey key;
    private readonly List<Leaf> leaves = [];
    private int nodes;

    private RegressionTree(IReadOnlyList<Axis> axes, double[][] rows, double[] values, RandomKey key) =>
        (this.axes, this.rows, this.values, this.key) = (axes, rows, values, key);

    /// <summary>Grows a tree.</summary>
    /// <param name="axes">The axes.</param>
    /// <param name="rows">By row, by axis.</param>
    /// <param name="values">By row.</param>
    /// <param name="sample">The rows to grow it from, where drawn twice also twice.</param>
    /// <param name="key">Draws which axes a node may split.</param>
    public static IReadOnlyList<Leaf> Grow(IReadOnlyList<Axis> axes, double[][] rows, double[] values, int[] sample, RandomKey key)
    {
        var tree = new RegressionTree(axes, rows, values, key);
        tree.Grow(sample, [.. axes.Select(static a => a.Whole)]);
        return tree.leaves;
    }

    private void Grow(int[] sample, Extent[] box)
    {
        if (Best(sample, box) is not { } split)
        {
            leaves.Add(new Leaf(box, sample.Average(i => values[i]), axes.Select((a, j) => a.Share(box[j])).Aggregate(1.0, static (x, y) => x * y)));
            return;
        }
        var (left, right) = ((Extent[])box.Clone(), (Extent[])box.Clone());
        (left[split.Axis], right[split.Axis]) = (split.Left, split.Right);
        var isLeft = sample.ToLookup(i => Holds(split.Left, axes[split.Axis], rows[i][split.Axis]));
        Grow([.. isLeft[true]], left);
        Grow([.. isLeft[false]], right);
    }

    private static bool Holds(Extent part, Axis axis, double value) => axis.IsCategorical ? (part.Mask >> (int)value & 1) == 1 : value < part.High;

    private (int Axis, Extent Left, Extent Right)? Best(int[] sample, Extent[] box)
    {
        // Not every axis in every node, so that a strong one does not hide the others in all trees; never none.
        var node = nodes++;
        var left = Enumerable.Range(0, axes.Count).OrderBy(j => key.At(node).Uniform(j)).Take((axes.Count * 5 + 5) / 6);
        (int Axis, Extent Left, Extent Right)? best = null;
        // What is below a rounding error of the sums is no gain.
        var most = 1e-12 * sample.Sum(i => values[i] * values[i]);
        foreach (var j in left.Order())
        {
            var (gain, parts) = axes[j].IsCategorical ? ByCategory(sample, j, box[j]) : ByNumber(sample, j, box[j]);
            if (gain > most)
                (most, best) = (gain, (j, parts.Left, parts.Right));
        }
        return best;
    }

    private (double Gain, (Extent Left, Extent Right) Parts) ByNumber(int[] sample, int axis, Extent part)
    {
        var order = sample.OrderBy(i => rows[i][axis]).ThenBy(static i => i).ToArray();
        var (at, gain) = Cut([.. order.Select(i => (1, values[i]))], k => rows[order[k - 1]][axis] < rows[order[k]][axis]);
        return at == 0 ? (0, default) : (gain, part.At((rows[order[at - 1]][axis] + rows[order[at]][axis]) / 2));
    }

    private (double Gain, (Extent Left, Extent Right) Parts) ByCategory(int[] sample, int axis, Extent part)
    {
        var groups = sample.GroupBy(i => (int)rows[i][axis]).Select(g => (Category: g.Key, Rows: g.Count(), Sum: g.Sum(i => values[i])))
            .OrderBy(static g => g.Sum / g.Rows).ThenBy(static g => g.Category).ToArray();
        var (at, gain) = Cut([.. groups.Select(static g => (g.Rows, g.Sum))], static _ => true);
        return at == 0 ? (0, default) : (gain, part.By(groups.Take(at).Aggregate(0UL, static (set, g) => set | 1UL << g.Category)));
    }

    // The cut of a sequence that takes most of the squared error: largest Σ²/n of both sides less that of the whole. 0 for none.
    private static (int At, double Gain) Cut((int Rows, double Sum)[] groups, Func<int, bool> allowed)
    {
        var (rows, sum) = (groups.Sum(static g => g.Rows), groups.Sum(static g => g.Sum));
        var (n, s, best, at) = (0, 0.0, 0.0, 0);
        for (var k = 1; k < groups.Length; k++)
        {
            n += groups[k - 1].Rows;
            s += groups[k - 1].Sum;
            if (n < LeastRows || rows - n < LeastRows || !allowed(k))
                continue;
            var gain = s * s / n + (sum - s) * (sum - s) / (rows - n) - sum * sum / rows;
            if (gain > best)
                (best, at) = (gain, k);
        }
        return (at, best);
    }
}
