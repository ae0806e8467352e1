using Attune.Adapters;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Runs;
using Attune.Training;

namespace Attune.Tests.Runs;

/// <summary>Tuning on a base that is quantised while it is loaded: planned to the byte, exact when resumed, and part of the result.</summary>
public sealed class QuantisedBaseTests
{
    private static readonly string Base = Path.Combine(SharedData.RepositoryRoot, "models", "attune-base");

    /// <summary>The arena takes what was planned, whatever format the base is held in; and the base takes what its tensors take.</summary>
    [Theory]
    [InlineData(DType.Int8, Keep.Saved)]
    [InlineData(DType.NF4, Keep.Saved)]
    [InlineData(DType.NF4, Keep.Recompute)]
    [Trait("SilentFailure", "6")]
    public void The_plan_is_exact(DType type, Keep keep)
    {
        using var folder = ModelFolder.Open(Base).In(type);
        var backend = CpuBackend.Shared(1);
        var method = new TuningMethod(new LoraOptions { Rank = 4 }, false, 1);
        var options = new TrainerOptions { TotalSteps = 1, PassRows = 40, Keep = keep, LearningRate = new LearningRate(1e-3, LearningRateShape.Constant, 0, 1) };
        var plan = MemoryPlan.Of(folder, method, options, backend, 0, 0, 0);
        using var arena = Arena.OfBytes(plan.Arena);
        using var model = TrainingModel.Build(folder, method, backend, arena);
        var pass = new Attune.Objectives.PassInput(Attune.Data.Batch.Full(40), 40);
        new GradientStep(model, backend, arena, options).RunMicroBatch(pass, 0, 1);
        Assert.Equal(plan.Persistent + plan.Activations, arena.Peak);
        // Matrices lie on cache lines of their own.
        Assert.Equal(plan.Frozen, folder.Parameters.Sum(i => folder.Weight(i) is var t && t.Type == type ? (t.Bytes + 63) / 64 * 64 : t.Bytes));
        Assert.True(plan.Frozen < 0.75 * ModelFolder.Open(Base).WeightBytes);
        Assert.InRange(plan.Loading, 1, ModelFolder.Open(Base).WeightBytes / 4);
    }

    /// <summary>A plan asks for shapes; a rung that is not taken must cost no time and no memory.</summary>
    [Fact]
    public void A_plan_quantises_nothing()
    {
        using var folder = ModelFolder.Open(Base).In(DType.NF4);
        var matrix = folder.Parameters.First(static i => i.Role == ParameterRole.Matrix);
        Assert.True(folder.Planned(matrix).Value.Block.Storage.IsPretend);
        Assert.False(folder.Weight(matrix).Block.Storage.IsPretend);
        Assert.Same(folder.Weight(matrix).Block.Storage, folder.WithBlocks(1).Weight(matrix).Block.Storage);
    }

    [Theory]
    [InlineData("method.base=nf4", "method.kind=lora")]
    [InlineData("method.base=int8", "train.recompute=on")]
    [InlineData("method.base=nf4", "train.compute=f32")]
    [Trait("SilentFailure", "15")]
    public void A_resumed_run_is_the_run_that_was_never_stopped_and_says_what_it_was_tuned_on(string first, string second)
    {
        using var tiny = new TinyModel();
        string[] settings = [first, second, "train.save_every=2"];
        var straight = tiny.Run("straight", settings);
        Stopped.After(tiny.Recipe("stopped", settings), 7);
        var resumed = TinyModel.Run(RecipeReader.ReadFile(Path.Combine(tiny.FileOf("stopped"), "recipe.yaml")), resume: tiny.FileOf("stopped"));
        Assert.Equal(TinyModel.Bytes(straight.Saved), TinyModel.Bytes(resumed.Saved));
        var type = first == "method.base=nf4" ? DType.NF4 : DType.Int8;
        Assert.Equal(type, AdapterOrigin.Read(straight.Saved)!.Base);
        // Whoever loads the adapter gets its base again, without being asked.
        using var loaded = ModelContext.Open(tiny.Path, straight.Saved);
        Assert.Equal(type, loaded.Folder.HeldAs);
        Assert.Contains("2 matrices are held as", straight.Record.Facts.Single(static f => f.Name == "Base").Value, StringComparison.Ordinal);
        Assert.NotEqual(TinyModel.Bytes(tiny.Run("stored", second, "train.save_every=2", "method.base=stored").Saved), TinyModel.Bytes(straight.Saved));
    }

    /// <summary>
    /// What does not train may be held in few bits whatever it is that trains, and in whatever type the whole model is then saved: the files
    /// hold what ran, rounded once.
    /// </summary>
    [Theory]
    [InlineData("f32", "nf4")]
    [InlineData("f32", "int8")]
    [InlineData("bf16", "nf4")]
    [InlineData("bf16", "int8")]
    [InlineData("gguf:q8_0", "stored")]
    [Trait("SilentFailure", "4")]
    public void Full_tuning_of_the_last_block_runs_on_it(string files, string held)
    {
        // Every row whole blocks of 64.
        using var tiny = new TinyModel(width: 2);
        var path = tiny.Path;
        if (files != "f32")
        {
            path = tiny.FileOf(files == "bf16" ? "rounded" : "blocks.gguf");
            using var model = InferenceModel.Open(tiny.Path, null, null, CpuBackend.Shared(1));
            Attune.Runs.Export.ExportFormats.Find("", files == "bf16" ? "merged:bf16" : files).Write(model, path);
        }
        var result = tiny.Run("run", $"model={path}", "method.kind=full", "method.rank=auto", "method.last_layers=1", $"method.base={held}");
        Assert.Contains("loaded again from disk", result.Record.Facts.Single(static f => f.Name == "Saved files").Value, StringComparison.Ordinal);
        using var after = ModelFolder.Open(result.Saved);
        using var before = ModelFolder.Open(path);
        using var ran = ModelFolder.Open(path).In(held == "stored" ? null : held == "nf4" ? DType.NF4 : DType.Int8);
        var frozen = before.Parameters.Single(static i => i.Name == "model.layers.0.mlp.down_proj.weight");
        var (values, saved) = (ran.Weight(frozen).ToArray(), after.Weight(frozen).ToArray());
        Assert.Equal(files == "f32" ? values : [.. values.Select(static v => Scalars.FromBF16(Scalars.ToBF16(v)))], saved);
        Assert.Equal(held == "stored", before.Weight(frozen).Type.BlockElements() > 1);
        Assert.NotEqual(before.Weight(frozen).ToArray(), saved);
    }

    /// <summary>The base is rounded where nothing else fits, which is said; never where the recipe forbids it.</summary>
    [Fact]
    [Trait("SilentFailure", "6")]
    public void A_limit_that_only_a_smaller_base_meets_is_met_by_one_or_refused()
    {
        using var tiny = new TinyModel();
        string[] settings = ["train.micro_batch_tokens=256", "train.saved=f32", "train.recompute=off", "train.optimizer=adamw"];
        using var stored = RunSetup.Prepare(tiny.Recipe("run", settings), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        Assert.Contains(stored.Choices.Made, static c => c is { Key: "method.base", Value: "stored" });
        string[] tight = [.. settings, $"limits.memory={stored.Memory.Plan.Total - 1}B"];
        using var smaller = RunSetup.Prepare(tiny.Recipe("run", tight), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal((BaseFormat.Int8, DType.Int8), (smaller.Recipe.Method.Base, smaller.Model.Folder.HeldAs));
        Assert.Contains(smaller.Choices.Made, static c => c is { Key: "method.base", Value: "int8" } && c.Reason.Contains("is rounded", StringComparison.Ordinal));
        var refused = Assert.Throws<UserErrorException>(() => TinyModel.Run(tiny.Recipe("run", [.. tight, "method.base=stored"])));
        Assert.Contains("leave method.base open", refused.Problems[0].Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void What_trains_itself_or_has_no_whole_blocks_is_refused()
    {
        using var tiny = new TinyModel();
        var every = Assert.Throws<UserErrorException>(() => tiny.Recipe("run", "method.kind=full", "method.rank=auto", "method.base=nf4"));
        Assert.Contains("every weight trains", every.Message, StringComparison.Ordinal);
        // Every block of two: what is left is the embedding.
        var last = Assert.Throws<UserErrorException>(() => tiny.Run("run", "method.kind=full", "method.rank=auto", "method.last_layers=2", "method.base=nf4"));
        Assert.Contains("they train", last.Message, StringComparison.Ordinal);
        // GPT-2's matrices lie by inputs: 32 and 96 columns, and 64 in one alone.
        using var gpt2 = new TinyModel(family: "gpt2");
        Assert.Equal(2, ModelFolder.Open(gpt2.Path).In(DType.NF4).HeldMatrices);
        var file = gpt2.FileOf("blocks.gguf");
        using (var model = InferenceModel.Open(tiny.Path, null, null, CpuBackend.Shared(1)))
            Attune.Runs.Export.ExportFormats.Find("", "gguf:q8_0").Write(model, file);
        var blocks = Assert.Throws<UserErrorException>(() => TinyModel.Run(tiny.Recipe("run", $"model={file}", "method.base=nf4")));
        Assert.Contains("whole blocks of 64", blocks.Message, StringComparison.Ordinal);
    }
}
