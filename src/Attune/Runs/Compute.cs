using Attune.Engine.Backends;
using Attune.Problems;

namespace Attune.Runs;

/// <summary>What the matrix products of training are computed in: <c>train.compute</c>.</summary>
internal static class Compute
{
    /// <summary>What products in bfloat16 need, for messages.</summary>
    public const string Needs = "a processor with AVX512_BF16 under Linux or Windows, a runtime that uses vectors of 512 bits, and native calls allowed (ATTUNE_MANAGED unset)";

    private const string Key = "train.compute";

    /// <summary>The product type of a run, with the rule that chose it.</summary>
    /// <param name="given">What the recipe says; null: auto.</param>
    /// <param name="supported">Whether this machine offers BF16.</param>
    /// <exception cref="UserErrorException">BF16 is asked for where there is none.</exception>
    public static (ProductType Products, string Reason) Choose(ProductType? given, bool supported) => (given, supported) switch
    {
        (ProductType.BF16, false) => throw new UserErrorException(
            Key, $"bf16 needs {Needs}; that is not so here", "set it to f32, or leave it to auto"),
        ({ } products, _) => (products, "as given"),
        (null, true) => (ProductType.BF16, "this processor multiplies bfloat16 (AVX512_BF16) at twice the rate; sums, weights that train and optimizer stay F32"),
        (null, false) => (ProductType.F32, "there are no products in bfloat16 here (AVX512_BF16 with vectors of 512 bits)"),
    };

    /// <summary>Resolves the key to what the backend of the run computes in.</summary>
    public static Recipes.Recipe Resolve(Recipes.Recipe recipe, Backend backend, Choices choices)
    {
        if (recipe.Train.Compute is null)
            choices.Note(Key, Name(backend.Products), Choose(null, backend.Products != ProductType.F32).Reason);
        return recipe with { Train = recipe.Train with { Compute = backend.Products } };
    }

    /// <summary>As recipes, manifests and messages write it.</summary>
    public static string Name(ProductType products) => products.ToString().ToLowerInvariant();
}
