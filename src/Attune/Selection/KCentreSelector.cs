namespace Attune.Selection;

/// <summary>
/// Rows that leave no row far from all that are kept: k-centre greedy (Sener and Savarese, "Active learning for convolutional neural
/// networks: a core-set approach", 2018; at most twice the smallest possible radius, Gonzalez 1985) over mean-pooled hidden states. The
/// first is the row nearest to the mean, each next one the row that is farthest from those before it.
/// </summary>
internal sealed class KCentreSelector : Selector
{
    // A pair of rows costs about 25 ns: two minutes for a block of which half is kept.
    private const int MostInBlock = 1 << 16;

    /// <inheritdoc/>
    public override string Name => "k-centre";

    /// <inheritdoc/>
    public override string Summary => "rows that lie far from each other, so that no row is far from all that are kept";

    /// <inheritdoc/>
    public override IReadOnlyList<Func<MeasureParts, RowMeasure>> Measures => [static _ => new HiddenMeasure()];

    /// <inheritdoc/>
    public override Ranking Rank(SelectionInput input)
    {
        var vectors = input.Scores!.Vectors!;
        return new Ranking(Blocks.Order(vectors.Count, MostInBlock, input.Options.Key.For("blocks"), rows => Order(vectors, rows)));
    }

    /// <summary>The greedy order of some rows.</summary>
    public static IEnumerable<int> Order(Vectors vectors, int[] rows)
    {
        var nearest = new float[rows.Length];
        Array.Fill(nearest, float.NegativeInfinity);
        var next = Middle(vectors, rows);
        for (var taken = 0; taken < rows.Length; taken++)
        {
            yield return rows[next];
            // On vectors of length one the distance falls as the cosine grows; what is taken is nearer to itself than anything can be.
            for (var i = 0; i < rows.Length; i++)
                nearest[i] = Math.Max(nearest[i], vectors.Cosine(rows[i], rows[next]));
            nearest[next] = float.PositiveInfinity;
            next = Array.IndexOf(nearest, nearest.Min());
        }
    }

    private static int Middle(Vectors vectors, int[] rows)
    {
        var mean = new float[vectors.Length];
        foreach (var row in rows)
        {
            for (var c = 0; c < mean.Length; c++)
                mean[c] += vectors[row][c];
        }
        return Enumerable.Range(0, rows.Length).MaxBy(i => Vectors.Dot(vectors[rows[i]], mean));
    }
}
