using Attune.Adapters;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>Whole runs of every method: what is saved is loaded again, goes on after a stop bit for bit, merges, and leaves.</summary>
public sealed class MethodRunTests
{
    private static readonly Dictionary<string, string[]> Settings = new()
    {
        ["rslora"] = ["method.scale=root-rank"],
        ["lora+"] = ["method.lora_plus=16"],
        ["dora"] = ["method.kind=dora"],
        ["pissa"] = ["method.init=pissa"],
        ["ia3"] = ["method.kind=ia3", "method.rank=auto"],
        ["norms"] = ["method.kind=norms", "method.rank=auto"],
        ["bitfit"] = ["method.kind=bitfit", "method.rank=auto"],
    };

    public static TheoryData<string> Names => [.. Settings.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("SilentFailure", "15")]
    public void A_run_is_saved_merged_and_resumed_bit_for_bit(string name)
    {
        using var tiny = new TinyModel(family: name == "bitfit" ? "gpt2" : "llama");
        var straight = tiny.Run("straight", [.. Settings[name], "export=[merged]"]);
        Assert.True(straight.Holds);
        Assert.True(straight.Record.Metrics.Single(static m => m.Name.StartsWith("loss on test", StringComparison.Ordinal)).Difference < 0);
        Assert.Contains(straight.Record.Facts, f => f.Name == "Saved files" && f.Value.Contains(name == "pissa" ? "differ by at most" : "bit for bit", StringComparison.Ordinal));
        Assert.True(new DirectoryInfo(straight.Saved).EnumerateFiles().Sum(static f => f.Length) < 200_000);

        Stopped.After(tiny.Recipe("stopped", Settings[name]), 5);
        var resumed = TinyModel.Run(RecipeReader.ReadFile(Path.Combine(tiny.FileOf("stopped"), "recipe.yaml")), resume: tiny.FileOf("stopped"));
        Assert.Equal(TinyModel.Bytes(straight.Saved), TinyModel.Bytes(resumed.Saved));
    }

    /// <summary>Norms and biases alone: over the base they are the model that was merged, and the base itself is never written again.</summary>
    [Fact]
    public void Weights_that_were_tuned_alone_are_put_over_the_base()
    {
        using var tiny = new TinyModel();
        var result = tiny.Run("run", [.. Settings["norms"], "export=[merged]"]);
        using var tuned = InferenceModel.Open(tiny.Path, result.Saved, null, CpuBackend.Shared(1));
        using var alone = ModelContext.Open(result.Saved);
        using var merged = ModelFolder.Open(Directory.GetDirectories(Path.Combine(result.Directory, "export")).Single());
        using var before = ModelFolder.Open(tiny.Path);
        foreach (var info in before.Parameters)
        {
            Assert.Equal(merged.Weight(info).ToArray(), tuned.Context.Folder.Weight(info).ToArray());
            Assert.Equal(merged.Weight(info).ToArray(), alone.Folder.Weight(info).ToArray());
            Assert.Equal(info.Module!.Value.Part.IsNorm(), !before.Weight(info).ToArray().SequenceEqual(merged.Weight(info).ToArray()));
        }
        Assert.Equal("tuned weights", (string?)Inspection.Of(result.Saved)["kind"]);
        var other = tiny.Make("other", seed: 8);
        Assert.Throws<UserErrorException>(() => ModelContext.Open(other, result.Saved));
    }

    [Fact]
    public void BitFit_of_a_model_without_biases_says_so()
    {
        using var tiny = new TinyModel();
        var e = Assert.Throws<UserErrorException>(() => tiny.Run("run", Settings["bitfit"]));
        Assert.Contains("has none", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_rank_than_singular_vectors_is_refused_before_training()
    {
        using var tiny = new TinyModel();
        var e = Assert.Throws<UserErrorException>(() => tiny.Run("run", "method.init=pissa", "method.rank=20"));
        Assert.Contains("singular vectors", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Width 32; queries have 48 outputs, keys and values 24: the sides of their weights are as many singular vectors as a PiSSA finds there.</summary>
    [Theory]
    [InlineData("random", 16)]
    [InlineData("pissa", 24)]
    public void A_rank_that_was_left_open_fits_the_layers(string init, int rank)
    {
        using var tiny = new TinyModel(family: "qwen3");
        var result = tiny.Run("run", "method.rank=auto", $"method.init={init}", "train.max_steps=1", "train.learning_rate=0.001");
        Assert.True(result.Holds);
        Assert.Equal(init == "pissa" ? 2 * rank : rank, (int)Inspection.Of(result.Saved).First(static f => f.Key == "rank").Value!);
    }

    [Theory]
    [InlineData("dora")]
    [InlineData("ia3")]
    [InlineData("norms")]
    public void A_method_that_the_form_cannot_hold_is_refused_before_training(string name)
    {
        using var tiny = new TinyModel();
        var e = Assert.Throws<UserErrorException>(() => tiny.Run("run", [.. Settings[name], "export=[gguf-lora]"]));
        Assert.Contains("gguf-lora", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(tiny.FileOf("run")));
    }

    /// <summary>A PiSSA leaves as a LoRA of twice the rank, also for llama.cpp.</summary>
    [Fact]
    public void A_pissa_is_a_plain_lora_on_disk()
    {
        using var tiny = new TinyModel();
        var result = tiny.Run("run", "method.init=pissa", "method.scale=root-rank", "export=[gguf-lora]");
        Assert.True(result.Holds);
        var facts = Inspection.Of(result.Saved);
        Assert.Equal(("lora", 8, false), ((string?)facts["method"], (int)facts["rank"]!, (bool)facts["rank_stabilised"]!));
    }

    /// <summary>B's rate is the recipe's times the ratio, A's the recipe's.</summary>
    [Fact]
    public void B_learns_faster_in_lora_plus()
    {
        using var tiny = new TinyModel();
        double Moved(string output, string ratio)
        {
            var saved = tiny.Run(output, "train.max_steps=1", "train.warmup=0", "train.keep_best=false", $"method.lora_plus={ratio}").Saved;
            using var folder = ModelFolder.Open(tiny.Path);
            // B begins at zero, and AdamW's first step moves every weight by the rate.
            return PeftFiles.Load(saved, folder.BuildFrozen()).All.Cast<LoraAdapter>().Max(static a => a.B.Value.ToArray().Max(Math.Abs));
        }
        Assert.Equal(8, Moved("fast", "8") / Moved("alike", "1"), 1e-2);
    }
}
