using Attune.Models;
using Attune.Recipes;

namespace Attune.Runs;

/// <summary>What a run rounds for the sake of memory alone, and what it thereby changes.</summary>
/// <param name="Base">How matrices that do not train are held.</param>
/// <param name="Optimizer">How the optimizer's moments are held.</param>
internal readonly record struct Rounding(BaseFormat Base, OptimizerKind Optimizer)
{
    /// <summary>What the recipe allows, in the order in which it is tried: nothing, the base, the moments too.</summary>
    public static IEnumerable<Rounding> Allowed(Recipe recipe, ModelFolder folder, Func<ParameterInfo, bool> trains)
    {
        OptimizerKind[] optimizers = recipe.Train.Optimizer is { } given ? [given] : Enum.GetValues<OptimizerKind>();
        var bases = RunBase.Allowed(recipe, folder, trains);
        return optimizers.SelectMany(o => bases.Select(b => new Rounding(b, o)));
    }

    /// <summary>Writes down what was chosen, of that which the recipe leaves open.</summary>
    public void Note(Recipe recipe, string limit, Choices choices)
    {
        if (recipe.Method.Base is null && RecipeKeys.Find("method.base")!.Idle(recipe) is null)
        {
            choices.Note("method.base", RunBase.NameOf(Base), Base == BaseFormat.Stored
                ? "the plan fits without quantising the base"
                : $"nothing else fits into {limit}: the base is rounded, and before and after are measured on it; method.base: stored forbids it");
        }
        if (recipe.Train.Optimizer is null)
        {
            choices.Note("train.optimizer", Optimizer.ToString().ToLowerInvariant(), Optimizer == OptimizerKind.AdamW
                ? "the plan fits with moments in F32"
                : $"nothing else fits into {limit}: the optimizer's moments are rounded to 8 bits; train.optimizer: adamw forbids it");
        }
    }

    /// <summary>The recipe with both decided.</summary>
    public Recipe Resolve(Recipe recipe) => recipe with
    {
        Method = recipe.Method with { Base = Base },
        Train = recipe.Train with { Optimizer = Optimizer },
    };
}
