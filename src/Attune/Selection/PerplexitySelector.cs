namespace Attune.Selection;

/// <summary>
/// Rows by how surprising their answers are: e to the mean loss of the trained tokens. Marion et al. ("When less is more", 2023) found that of
/// pre-training text the middle of this order is worth most: the low end is what a model knows, the high end is noise. For rows that are
/// known to hold wrong answers, the low end of a model that has been tuned on a part of them (a warm-up) leaves those out.
/// </summary>
internal sealed class PerplexitySelector : Selector
{
    /// <inheritdoc/>
    public override string Name => "perplexity";

    /// <inheritdoc/>
    public override string Summary => "rows whose answers surprise the model least, most, or neither (--end low, high, middle)";

    /// <inheritdoc/>
    public override IReadOnlyList<Func<MeasureParts, RowMeasure>> Measures => [static _ => new LossMeasure(null)];

    /// <inheritdoc/>
    public override bool HasEnds => true;

    /// <inheritdoc/>
    public override bool MeasuresLoss => true;

    /// <inheritdoc/>
    public override Ranking Rank(SelectionInput input)
    {
        double[] losses = [.. input.Rows.Select((_, i) => input.Scores![0, i]).Select(static v => v[0] / v[1])];
        return new Ranking(By(losses, input.Options.End ?? SelectionEnd.Middle)) { Scores = [.. losses.Select(static l => Math.Exp(l))], ScoreName = "perplexity" };
    }
}
