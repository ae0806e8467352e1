using Attune.Adapters;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Problems;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>Tuning of the last blocks alone: what moves, what stays, and that the result is whole.</summary>
public sealed class LastLayersTests
{
    private static string[] Settings(bool lora) => lora
        ? ["method.last_layers=1", "export=[merged]"]
        : ["method.last_layers=1", "method.kind=full", "method.rank=auto", "train.learning_rate=0.01"];

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    public void An_adapter_of_the_last_block_holds_nothing_else_and_merges(string family)
    {
        using var tiny = new TinyModel(family: family);
        var result = tiny.Run("run", Settings(lora: true));
        Assert.True(result.Holds);
        Assert.Contains("of the last 1 blocks", result.Record.Title, StringComparison.Ordinal);
        using var folder = ModelFolder.Open(tiny.Path);
        var adapters = PeftFiles.Load(result.Saved, folder.BuildFrozen());
        Assert.All(adapters.All, static a => Assert.Contains(".1.", a.Layer.Path, StringComparison.Ordinal));
        Assert.NotEmpty(adapters.All);
    }

    /// <summary>The tied head is the embedding below every block: it stays, and so does every weight below the last block, to the bit.</summary>
    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    public void Full_tuning_of_the_last_block_moves_it_and_the_final_norm_alone(string family)
    {
        using var tiny = new TinyModel(family: family);
        var result = tiny.Run("run", Settings(lora: false));
        using var before = ModelFolder.Open(tiny.Path);
        using var after = ModelFolder.Open(result.Saved);
        foreach (var info in before.Parameters)
        {
            var moves = info.Module is { Block: 1 } or { Part: ModulePart.FinalNorm };
            var same = Enumerable.Range(0, info.Rows).All(r => before.Weight(info).RowBytes(r).SequenceEqual(after.Weight(info).RowBytes(r)));
            Assert.True(same != moves, info.Name);
        }
        Assert.Contains("bit for bit", result.Record.Facts.Single(static f => f.Name == "Saved files").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_resumed_run_of_the_last_block_is_the_run_that_was_never_stopped()
    {
        using var tiny = new TinyModel();
        string[] settings = [.. Settings(lora: false), "train.save_every=2"];
        var straight = tiny.Run("straight", settings);
        Stopped.After(tiny.Recipe("stopped", settings), 7);
        var resumed = TinyModel.Run(Attune.Recipes.RecipeReader.ReadFile(Path.Combine(tiny.FileOf("stopped"), "recipe.yaml")), resume: tiny.FileOf("stopped"));
        Assert.Equal(TinyModel.Bytes(straight.Saved), TinyModel.Bytes(resumed.Saved));
    }

    [Theory]
    [InlineData("method.last_layers", "the model has 2 blocks", "method.last_layers=3")]
    [InlineData("method.last_layers", "random ones", "method.last_layers=1", "train.from_scratch=true", "method.kind=full", "method.rank=auto")]
    [InlineData("train.prefix_cache", "the first block trains", "train.prefix_cache=on")]
    public void What_cannot_be_is_said(string key, string message, params string[] settings)
    {
        using var tiny = new TinyModel();
        var problem = Assert.Throws<UserErrorException>(() =>
        {
            using var setup = RunSetup.Prepare(tiny.Recipe("run", settings), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        }).Problems[0];
        Assert.Contains(key, problem.Place, StringComparison.Ordinal);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Remedy);
    }
}
