using Attune.Problems;

namespace Attune.Selection;

/// <summary>
/// Rows by instruction-following difficulty (Li et al., "From quantity to quality", 2023; "Superfiltering", 2024, which shows that a
/// small model's order serves a large one): the loss of the answer given the prompt over its loss alone. Near 1 the prompt hardly
/// helps: such rows have most to teach. At 1 and above it does not help at all, as where prompt and answer do not belong together: they
/// are left out.
/// </summary>
internal sealed class DifficultySelector : Selector
{
    /// <inheritdoc/>
    public override string Name => "ifd";

    /// <inheritdoc/>
    public override string Summary => "rows whose prompt helps the model least to find the answer, but does help (difficulty below 1)";

    /// <inheritdoc/>
    public override IReadOnlyList<Func<MeasureParts, RowMeasure>> Measures => [static parts => new LossMeasure(LossMeasure.Shared(parts.Rows))];

    /// <inheritdoc/>
    public override bool HasEnds => true;

    /// <inheritdoc/>
    public override bool MeasuresLoss => true;

    /// <inheritdoc/>
    public override Ranking Rank(SelectionInput input)
    {
        var scores = Scores(input);
        var count = scores.Count(static s => s < 1);
        return new Ranking(By(scores, input.Options.End ?? SelectionEnd.High).Where(i => scores[i] < 1))
        {
            Scores = scores,
            ScoreName = "instruction-following difficulty",
            LeftOut = count == scores.Length ? [] : [new(scores.Length - count, "rows with a difficulty of 1 or more: their prompt does not help to find the answer")],
            Refusal = new Problem("--by ifd", "no row has a difficulty below 1: no prompt helps the model to its answer", "give a model that has seen such rows (--warm-up 20%), or choose --by perplexity"),
        };
    }

    /// <summary>The difficulty of every row; 1 where an answer costs nothing alone.</summary>
    public static double[] Scores(SelectionInput input) => [.. input.Rows.Select((_, i) => input.Scores![0, i]).Select(static v => v[2] > 0 ? v[0] / v[2] : 1)];
}
