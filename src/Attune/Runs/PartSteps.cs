using Attune.Data;
using Attune.Recipes;

namespace Attune.Runs;

/// <summary>
/// The steps that suit a part of the rows, by those of the run on all of them. The tokens of a step go with the root of the part, as those that <see cref="Choices"/> would choose;
/// a small part is passed more often, as it would choose too; and no part reads more tokens than the run on all rows, so that what more rows bring is not owed to less reading.
/// </summary>
/// <param name="Rows">All training rows.</param>
/// <param name="Batch">Tokens of a step of the run on all rows.</param>
/// <param name="Steps">Its steps; no part takes more.</param>
/// <param name="Longest">Tokens of the longest row.</param>
/// <param name="Epochs">Epochs that the recipe asks for; null: by the rule.</param>
internal sealed record PartSteps(IReadOnlyList<Example> Rows, int Batch, int Steps, int Longest, double? Epochs)
{
    /// <summary>The recipe's training of a part of the rows.</summary>
    public TrainRecipe Of(IReadOnlyList<Example> part, TrainRecipe train)
    {
        if (part.Count == Rows.Count)
            return train with { BatchTokens = Batch, MaxSteps = Steps };
        var (all, own) = (Tokens(Rows), Tokens(part));
        var wish = Math.Max(Batch * Math.Sqrt(own / all), Math.Max(Choices.LeastBatch, Longest));
        var chosen = new Choices().Epochs(null, null, (long)part.Sum(static e => e.TrainedTokens * e.Weight));
        return train with
        {
            BatchTokens = Math.Min(Batch, Choices.RoundedBatch(wish)),
            Epochs = Math.Min(Math.Max(Epochs ?? 0, chosen), (double)Steps * Batch / own),
            MaxSteps = Steps,
        };
    }

    private static double Tokens(IReadOnlyList<Example> rows) => rows.Sum(static e => e.Positions * e.Weight);
}
