using Attune.Engine.Backends;
using Attune.Recipes;
using Attune.Runs;

namespace Attune.Bench;

/// <summary>The option <c>--compute</c> of every bench, as <c>train.compute</c> takes it.</summary>
internal static class Products
{
    /// <summary>f32, bf16, or auto: what a run on this machine would choose.</summary>
    public static ProductType Of(string name) =>
        RunSetup.BackendOf(new Recipe { Train = new TrainRecipe { Compute = name == "auto" ? null : Enum.Parse<ProductType>(name, ignoreCase: true) } }).Products;
}
