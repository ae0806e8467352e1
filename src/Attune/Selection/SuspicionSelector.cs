namespace Attune.Selection;

/// <summary>
/// Another selector, which may not keep the rows whose answers surprise the model most: after a warm-up, wrong answers are among them, since they agree with
/// nothing ("small loss" selection: Arpit et al., "A closer look at memorization in deep networks", 2017; Han et al., "Co-teaching", 2018).
/// Quality before diversity and before difficulty: both seek out what is odd, and wrong rows are odd.
/// </summary>
/// <param name="inner">Chooses among the others.</param>
/// <param name="share">The share of the rows that is left out, above 0 and below 1.</param>
internal sealed class SuspicionSelector(Selector inner, double share) : Selector
{
    /// <inheritdoc/>
    public override string Name => inner.Name;

    /// <inheritdoc/>
    public override string Summary => inner.Summary;

    /// <summary>Those of the other selector, and the loss where that has none.</summary>
    public override IReadOnlyList<Func<MeasureParts, RowMeasure>> Measures => inner.MeasuresLoss ? inner.Measures : [.. inner.Measures, static _ => new LossMeasure(null)];

    /// <inheritdoc/>
    public override bool MeasuresLoss => true;

    /// <inheritdoc/>
    public override bool NeedsValidation => inner.NeedsValidation;

    /// <inheritdoc/>
    public override bool HasEnds => inner.HasEnds;

    /// <inheritdoc/>
    public override Ranking Rank(SelectionInput input)
    {
        double[] losses = [.. input.Rows.Select((_, i) => input.Scores![input.Options.LossPass, i]).Select(static v => v[0] / v[1])];
        var left = (int)(share * losses.Length);
        int[] stay = [.. Enumerable.Range(0, losses.Length).OrderBy(i => losses[i]).Take(losses.Length - left).Order()];
        var ranking = inner.Rank(input.Of(stay, input.Options.Part));
        return ranking with
        {
            Order = ranking.Order.Select(i => stay[i]),
            // Of all rows, for the account.
            Scores = inner.Rank(input).Scores,
            LeftOut = [new(left, "rows whose answers surprise the warmed-up model most (--suspect)"), .. ranking.LeftOut],
        };
    }
}
