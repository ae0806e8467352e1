namespace Attune.Selection;

/// <summary>Rows by chance: the control that every other way must beat.</summary>
internal sealed class RandomSelector : Selector
{
    /// <inheritdoc/>
    public override string Name => "random";

    /// <inheritdoc/>
    public override string Summary => "rows by chance (--seed): what every other way must beat";

    /// <inheritdoc/>
    public override Ranking Rank(SelectionInput input)
    {
        var key = input.Options.Key.For("random");
        return new Ranking(By([.. Enumerable.Range(0, input.Rows.Count).Select(i => key.Uniform(i))], SelectionEnd.Low));
    }
}
