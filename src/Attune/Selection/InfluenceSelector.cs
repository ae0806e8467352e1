namespace Attune.Selection;

/// <summary>
/// Rows whose gradients point where validation rows want to go: LESS (Xia et al. 2024), see <see cref="GradientMeasure"/>. The score is
/// max over validation tasks of Σₜ ηₜ · cosine at checkpoint t, where ηₜ is the mean learning rate before it as a share of all of them. A task is
/// a validation file, or where rows have labels, a label of one: the mean over all labels points nowhere, and rows near it are of few labels.
/// </summary>
internal sealed class InfluenceSelector : Selector
{
    /// <inheritdoc/>
    public override string Name => "less";

    /// <inheritdoc/>
    public override string Summary => "rows that move the model towards validation rows (--valid): gradients on adapters after a short warm-up";

    /// <inheritdoc/>
    public override IReadOnlyList<Func<MeasureParts, RowMeasure>> Measures => [static parts => new GradientMeasure(parts)];

    /// <inheritdoc/>
    public override bool NeedsValidation => true;

    /// <inheritdoc/>
    public override Ranking Rank(SelectionInput input)
    {
        var (scores, rates) = (input.Scores!, input.Options.Rates);
        var all = rates.Sum();
        double Score(int row) => Enumerable.Range(0, scores[0, row].Length).Max(task => Enumerable.Range(0, rates.Count).Sum(t => rates[t] / all * scores[t, row][task]));
        double[] influence = [.. Enumerable.Range(0, input.Rows.Count).Select(Score)];
        return new Ranking(By(influence, SelectionEnd.High)) { Scores = influence, ScoreName = "influence" };
    }
}
