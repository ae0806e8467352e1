using System.Globalization;

namespace Attune.Selection;

/// <summary>
/// Good rows that are not like each other: from the highest instruction-following difficulty below 1 downwards, a row is kept unless a row that is
/// kept already lies nearer than a threshold (the score-first, diversity-aware rule of Liu et al., "What makes good data for alignment?",
/// DEITA, 2024). Where the budget is not reached so, the rows that were passed over follow in the same order.
/// </summary>
internal sealed class QualityDiversitySelector : Selector
{
    // Rows whose nearest neighbour is looked up to find a threshold.
    private const int Probes = 512;

    /// <inheritdoc/>
    public override string Name => "quality-diversity";

    /// <inheritdoc/>
    public override string Summary => "the rows of ifd, without those that lie near one that is kept already (--apart)";

    /// <inheritdoc/>
    public override IReadOnlyList<Func<MeasureParts, RowMeasure>> Measures => [static parts => new LossMeasure(LossMeasure.Shared(parts.Rows)), static _ => new HiddenMeasure()];

    /// <inheritdoc/>
    public override bool MeasuresLoss => true;

    /// <inheritdoc/>
    public override Ranking Rank(SelectionInput input)
    {
        var quality = new DifficultySelector().Rank(input);
        var vectors = input.Scores!.Vectors!;
        var most = (float)(input.Options.Apart ?? UsualCosine(vectors, input));
        var found = string.Create(CultureInfo.InvariantCulture, $"a row is passed over where its cosine to a row that is kept is above {most:0.####}");
        return quality with
        {
            Order = Order(quality.Order, vectors, most),
            Notes = [input.Options.Apart is null ? $"{found}: the median of what rows have to the row nearest to them" : found],
        };
    }

    /// <summary>The rows of an order that lie apart from all before them, then the others.</summary>
    /// <param name="order">Rows, the best first.</param>
    /// <param name="vectors">Where they lie.</param>
    /// <param name="most">The highest cosine that counts as apart.</param>
    public static IEnumerable<int> Order(IEnumerable<int> order, Vectors vectors, float most)
    {
        var (kept, passed) = (new List<int>(), new List<int>());
        foreach (var row in order)
        {
            if (kept.Exists(k => vectors.Cosine(row, k) > most))
            {
                passed.Add(row);
                continue;
            }
            kept.Add(row);
            yield return row;
        }
        foreach (var row in passed)
            yield return row;
    }

    private static double UsualCosine(Vectors vectors, SelectionInput input)
    {
        var key = input.Options.Key.For("probes");
        int[] probes = [.. Enumerable.Range(0, vectors.Count).OrderBy(i => key.Uniform(i)).Take(Probes)];
        double[] nearest = [.. probes.Select(p => Enumerable.Range(0, vectors.Count).Where(i => i != p).Select(i => (double)vectors.Cosine(p, i)).DefaultIfEmpty(1).Max()).Order()];
        return nearest[nearest.Length / 2];
    }
}
