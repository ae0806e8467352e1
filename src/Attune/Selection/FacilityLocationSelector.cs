namespace Attune.Selection;

/// <summary>
/// Rows that stand for all others: facility location, f(S) = Σᵢ max over j in S of sim(i, j), greedily (Nemhauser, Wolsey and Fisher 1978: at
/// least 1 − 1/e of the best), lazily (Minoux 1978: gains only shrink, so that a row whose old gain is already below the best new one is not
/// looked at). sim = (1 + cosine) / 2 of mean-pooled hidden states.
/// </summary>
internal sealed class FacilityLocationSelector : Selector
{
    // All pairs of a block are held: 64 MB.
    private const int MostInBlock = 4096;

    /// <inheritdoc/>
    public override string Name => "facility";

    /// <inheritdoc/>
    public override string Summary => "rows that stand for all others: every row has one like it among those that are kept (facility location)";

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
        var similar = Similarities(vectors, rows);
        var covered = new float[rows.Length];
        // The largest gain first, of equals the first row; gains are bounds from the time when a row was looked at last.
        var queue = new PriorityQueue<int, (double Gain, int Row)>(Comparer<(double Gain, int Row)>.Create(static (a, b) => a.Gain != b.Gain ? b.Gain.CompareTo(a.Gain) : a.Row.CompareTo(b.Row)));
        for (var i = 0; i < rows.Length; i++)
            queue.Enqueue(i, (Gain(similar, i, covered), i));
        while (queue.TryDequeue(out var row, out var bound))
        {
            var gain = Gain(similar, row, covered);
            if (gain < bound.Gain && queue.TryPeek(out _, out var next) && (gain < next.Gain || (gain == next.Gain && row > next.Row)))
            {
                queue.Enqueue(row, (gain, row));
                continue;
            }
            yield return rows[row];
            for (var i = 0; i < covered.Length; i++)
                covered[i] = Math.Max(covered[i], similar[row * covered.Length + i]);
        }
    }

    /// <summary>(1 + cosine) / 2 of every pair.</summary>
    public static float[] Similarities(Vectors vectors, int[] rows)
    {
        var n = rows.Length;
        var similar = new float[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
                similar[i * n + j] = similar[j * n + i] = Math.Max(0, (1 + vectors.Cosine(rows[i], rows[j])) / 2);
        }
        return similar;
    }

    private static double Gain(float[] similar, int row, float[] covered)
    {
        var own = similar.AsSpan(row * covered.Length, covered.Length);
        double gain = 0;
        for (var i = 0; i < own.Length; i++)
            gain += Math.Max(0, own[i] - covered[i]);
        return gain;
    }
}
