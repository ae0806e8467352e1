using Attune.Adapters;
using Attune.Engine;
using Attune.Recipes;
using TinyModel = Attune.Tests.Runs.TinyModel;

namespace Attune.Tests.Recipes;

/// <summary>Recipes that come with the repository, run on a tiny model and its rows.</summary>
public sealed class ShippedRecipeTests
{
    [Fact]
    public void Qlora_tunes_on_four_bits()
    {
        using var tiny = new TinyModel();
        var shipped = RecipeReader.ReadFile(Path.Combine(SharedData.RepositoryRoot, "recipes", "qlora.yaml"));
        var small = tiny.Recipe("run");
        var result = TinyModel.Run(shipped with { Model = small.Model, Data = small.Data, Train = small.Train, Output = small.Output, Eval = small.Eval });
        Assert.True(result.Holds);
        Assert.Equal(DType.NF4, AdapterOrigin.Read(result.Saved)!.Base);
    }
}
