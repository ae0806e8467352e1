namespace Attune.Search.Importance;

/// <summary>
/// The functional analysis of variance of one tree: its leaves are boxes, so that integrals over the space are sums.
/// <c>a(x_U) = ∫ f dx_rest</c>, <c>V_U = ∫ (a(x_U) − mean)² dx_U</c> less the shares of what is within <c>U</c>; <c>V = ∫ (f − mean)² dx</c>.
/// </summary>
internal sealed class Marginals
{
    private readonly IReadOnlyList<Axis> axes;
    private readonly IReadOnlyList<Leaf> leaves;
    private readonly double[][] widths;
    private readonly int[][][] covered;
    private readonly double mean;

    public Marginals(IReadOnlyList<Axis> axes, IReadOnlyList<Leaf> leaves)
    {
        (this.axes, this.leaves) = (axes, leaves);
        mean = leaves.Sum(static l => l.Volume * l.Value);
        Total = leaves.Sum(l => l.Volume * (l.Value - mean) * (l.Value - mean));
        widths = new double[axes.Count][];
        covered = new int[axes.Count][][];
        for (var j = 0; j < axes.Count; j++)
            (widths[j], covered[j]) = axes[j].IsCategorical ? Categories(j) : Intervals(j);
    }

    /// <summary>Variance of the whole tree.</summary>
    public double Total { get; }

    /// <summary>Variance by one axis alone.</summary>
    public double Of(int axis)
    {
        var a = new double[widths[axis].Length];
        for (var l = 0; l < leaves.Count; l++)
        {
            var part = leaves[l].Value * leaves[l].Volume / axes[axis].Share(leaves[l].Box[axis]);
            foreach (var s in covered[axis][l])
                a[s] += part;
        }
        return a.Select((x, s) => widths[axis][s] * (x - mean) * (x - mean)).Sum();
    }

    /// <summary>Variance by two axes together, beyond what each has alone.</summary>
    public double Of(int first, int second)
    {
        var (rows, cols) = (widths[first], widths[second]);
        var a = new double[rows.Length * cols.Length];
        for (var l = 0; l < leaves.Count; l++)
        {
            var box = leaves[l].Box;
            var part = leaves[l].Value * leaves[l].Volume / (axes[first].Share(box[first]) * axes[second].Share(box[second]));
            foreach (var r in covered[first][l])
            {
                foreach (var c in covered[second][l])
                    a[r * cols.Length + c] += part;
            }
        }
        var both = 0.0;
        for (var r = 0; r < rows.Length; r++)
        {
            for (var c = 0; c < cols.Length; c++)
                both += rows[r] * cols[c] * (a[r * cols.Length + c] - mean) * (a[r * cols.Length + c] - mean);
        }
        return Math.Max(0, both - Of(first) - Of(second));
    }

    private (double[] Widths, int[][] Covered) Categories(int axis)
    {
        var n = axes[axis].Categories;
        return ([.. Enumerable.Repeat(1.0 / n, n)], [.. leaves.Select(l => Enumerable.Range(0, n).Where(c => (l.Box[axis].Mask >> c & 1) == 1).ToArray())]);
    }

    // Between two neighbouring borders of any leaf nothing changes along the axis.
    private (double[] Widths, int[][] Covered) Intervals(int axis)
    {
        double[] borders = [.. leaves.SelectMany(l => new[] { l.Box[axis].Low, l.Box[axis].High }).Distinct().Order()];
        return (
            [.. borders.Skip(1).Zip(borders, static (high, low) => high - low)],
            [.. leaves.Select(l =>
            {
                var (from, to) = (Array.BinarySearch(borders, l.Box[axis].Low), Array.BinarySearch(borders, l.Box[axis].High));
                return Enumerable.Range(from, to - from).ToArray();
            })]);
    }
}
