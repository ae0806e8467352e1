using System.Text.Json.Nodes;
using Attune.Adapters;
using Attune.Engine;
using Attune.Recipes;
using Attune.Runs;
using Attune.Tests.Runs;
using TinyModel = Attune.Tests.Runs.TinyModel;

namespace Attune.Tests.Recipes;

/// <summary>Recipes that come with the repository, run on a tiny model and its rows.</summary>
public sealed class ShippedRecipeTests
{
    /// <summary>With the folders that it names made by a run of the quick start.</summary>
    [Theory]
    [InlineData("distill.yaml")]
    [InlineData("distill-hidden.yaml")]
    public void Distill_learns_from_the_quick_starts_result(string name)
    {
        using var tiny = new TinyModel();
        var shipped = Shipped(name, Setting.Parse($"objective.teacher_adapter={tiny.Run("teacher").Saved}"));
        var small = tiny.Recipe("run");
        var result = TinyModel.Run(shipped with
        {
            Model = tiny.Make("student", seed: 9),
            Data = small.Data,
            Train = small.Train,
            Output = small.Output,
            Eval = small.Eval,
            Objective = shipped.Objective with { Teacher = tiny.Path },
        });
        Assert.Equal(3, result.Record.Transfer!.Models.Count);
        Assert.Equal(name == "distill-hidden.yaml", result.Record.Transfer.Hidden is not null);
    }

    [Fact]
    public void Qlora_tunes_on_four_bits()
    {
        using var tiny = new TinyModel();
        var shipped = Shipped("qlora.yaml");
        var small = tiny.Recipe("run");
        var result = TinyModel.Run(shipped with { Model = small.Model, Data = small.Data, Train = small.Train, Output = small.Output, Eval = small.Eval });
        Assert.True(result.Holds);
        Assert.Equal(DType.NF4, AdapterOrigin.Read(result.Saved)!.Base);
    }

    [Fact]
    public void Enough_draws_a_curve()
    {
        using var tiny = new TinyModel();
        var (shipped, small) = (Shipped("enough.yaml"), tiny.Recipe("study"));
        var recipe = shipped with { Model = small.Model, Data = small.Data, Output = small.Output, Train = shipped.Train with { MaxSteps = 3, BatchTokens = 512, MicroBatchTokens = 256 }, Eval = small.Eval };
        var report = EnoughRun.Execute(recipe, new EnoughOptions { Seeds = [1] }, TinyModel.Backend(recipe, 1), TimeProvider.System, static (_, _, _) => { }, static _ => { }, TestContext.Current.CancellationToken).Report;
        Assert.Equal(4, report.Points.Count);
        Assert.NotEmpty(report.Curves);
    }

    /// <summary>What a recipe says beside its model, rows and length of the run holds for any model.</summary>
    [Theory]
    [InlineData("methods.yaml")]
    [InlineData("guarded.yaml")]
    [InlineData("overfitting.yaml")]
    [InlineData("known.yaml")]
    public void Keys_of_a_recipe_take_effect(string name)
    {
        using var tiny = new TinyModel();
        var shipped = Shipped(name);
        var small = tiny.Recipe("run");
        var result = TinyModel.Run(shipped with
        {
            Model = small.Model,
            Data = small.Data,
            Output = small.Output,
            Train = shipped.Train with { MaxSteps = 3, BatchTokens = 512, MicroBatchTokens = 256 },
            Eval = small.Eval with { Memorisation = shipped.Eval.Memorisation },
        });
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(result.Saved, "adapter_config.json")))!;
        Assert.Equal(shipped.Method.Kind.Name == "dora", (bool?)config["use_dora"] ?? false);
        Assert.Equal(shipped.Method.Dropout, (double)config["lora_dropout"]!, 6);
        Assert.Equal(name == "guarded.yaml" ? 3 : 0, result.Record.Gate?.Conditions.Count ?? 0);
    }

    /// <summary>Its trials are processes; three are enough to see that every key of its space is taken.</summary>
    [Fact]
    public void Search_finds_a_recipe()
    {
        using var tiny = new TinyModel();
        var shipped = Shipped("search.yaml");
        var small = tiny.Recipe("study");
        var report = SearchRun.Execute(
            shipped with
            {
                Model = small.Model,
                Data = small.Data,
                Output = small.Output,
                Train = shipped.Train with { MaxSteps = 3, BatchTokens = 512, MicroBatchTokens = 256, Threads = 1 },
                Search = shipped.Search with { Trials = 3 },
            },
            new SearchOptions { Runner = new TrialProcess([CliProcess.Dotnet, CliProcess.Program]) }, static _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(3, report.Trials.Count(static t => t.IsOver && t.Error is null));
        Assert.Equal(report.Best!["method.kind"], RecipeReader.ReadFile(report.BestRecipe).Method.Kind.Name);
    }

    private static Recipe Shipped(string name, params Setting[] settings) => RecipeReader.ReadFile(Path.Combine(SharedData.RepositoryRoot, "recipes", name), settings);
}
