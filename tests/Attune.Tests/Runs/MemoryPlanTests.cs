using System.Text.RegularExpressions;
using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Models;
using Attune.Problems;
using Attune.Runs;
using Attune.Tests.Models;
using Attune.Training;
using FsCheck;
using FsCheck.Fluent;

namespace Attune.Tests.Runs;

/// <summary>The plan is what a run takes, to the byte; what does not fit is refused with a remedy that works.</summary>
public partial class MemoryPlanTests
{
    public static TheoryData<string, bool, Keep, int, int> Shapes
    {
        get
        {
            var data = new TheoryData<string, bool, Keep, int, int>();
            foreach (var lora in (bool[])[true, false])
            {
                foreach (var keep in (Keep[])[Keep.Saved, Keep.Recompute])
                {
                    foreach (var (rows, threads) in ((int, int)[])[(16, 1), (61, 2), (300, 1), (300, 2)])
                        data.Add("llama", lora, keep, rows, threads);
                    foreach (var family in (string[])["gpt2", "qwen2", "qwen3"])
                        data.Add(family, lora, keep, 61, 2);
                }
            }
            return data;
        }
    }

    /// <summary>Batches of any kind: one token trained or all, one sequence or many, full or nearly empty.</summary>
    [Theory]
    [MemberData(nameof(Shapes))]
    [Trait("SilentFailure", "6")]
    public void The_arena_takes_what_was_planned_to_the_byte(string family, bool lora, Keep keep, int rows, int threads) =>
        TakesWhatWasPlanned(family, lora, keep, rows, CpuBackend.Shared(threads));

    /// <summary>Packed operands take half, and the plan knows it.</summary>
    [Theory]
    [InlineData("llama", true, Keep.Saved, 61)]
    [InlineData("llama", false, Keep.Recompute, 300)]
    [InlineData("qwen3", true, Keep.Saved, 300)]
    [Trait("SilentFailure", "6")]
    public void Products_in_bf16_take_what_was_planned_to_the_byte(string family, bool lora, Keep keep, int rows) =>
        TakesWhatWasPlanned(family, lora, keep, rows, TestBackends.BF16(2));

    /// <summary>Saved activations that wait in half the memory, together with recomputation too.</summary>
    [Theory]
    [InlineData("llama", true, Keep.Saved, 300)]
    [InlineData("gpt2", false, Keep.Saved, 61)]
    [InlineData("qwen3", false, Keep.Recompute, 300)]
    [Trait("SilentFailure", "6")]
    public void Activations_saved_in_bf16_take_what_was_planned_to_the_byte(string family, bool lora, Keep keep, int rows) =>
        TakesWhatWasPlanned(family, lora, keep, rows, CpuBackend.Shared(2), DType.BF16);

    private static void TakesWhatWasPlanned(string family, bool lora, Keep keep, int rows, Backend backend, DType? saved = null)
    {
        using var tiny = new TinyModel(family: family);
        using var folder = ModelFolder.Open(tiny.Path);
        var method = new TuningMethod(lora ? new LoraOptions { Rank = 4, Dropout = 0.1f } : null, false, 1);
        var options = new TrainerOptions { TotalSteps = 1, PassRows = rows, Keep = keep, SavedType = saved, LearningRate = new LearningRate(1e-3, LearningRateShape.Constant, 0, 1) };
        var plan = MemoryPlan.Of(folder, method, options, backend, 0, 0, 0);
        foreach (var (length, trained) in ((int, int)[])[(rows, rows), (rows, 1), (rows / 3, 2), (5, 1), (2, 1)])
        {
            using var arena = Arena.OfBytes(plan.Arena);
            using var model = TrainingModel.Build(folder, method, backend, arena);
            Assert.Equal(plan.Persistent, arena.InUse);
            Assert.Equal(plan.Persistent, arena.Peak);
            var step = Step(rows, length, trained);
            new GradientStep(model, backend, arena, options).Run(step, 0, TestContext.Current.CancellationToken);
            Assert.Equal(plan.Persistent + plan.Activations, arena.Peak);
            Assert.Equal(plan.Persistent, arena.InUse);
        }
    }

    [Theory]
    [InlineData("llama", true)]
    [InlineData("llama", false)]
    [InlineData("gpt2", true)]
    [InlineData("qwen2", false)]
    [InlineData("qwen3", true)]
    [Trait("SilentFailure", "6")]
    public void Measuring_losses_takes_what_was_planned_to_the_byte(string family, bool lora)
    {
        using var tiny = new TinyModel(family: family);
        using var folder = ModelFolder.Open(tiny.Path);
        var backend = CpuBackend.Shared(2);
        var method = new TuningMethod(lora ? new LoraOptions { Rank = 4 } : null, false, 1);
        var options = new TrainerOptions { TotalSteps = 1, PassRows = 100, LearningRate = new LearningRate(1e-3, LearningRateShape.Constant, 0, 1) };
        var plan = MemoryPlan.Of(folder, method, options, backend, 0, 0, 0);
        using var arena = Arena.OfBytes(plan.Arena);
        using var model = TrainingModel.Build(folder, method, backend, arena);
        // With and without adapters, in passes of every size: where ranges are taken as they fit, the smaller work can end higher.
        foreach (var rows in PassRows.All(100))
        {
            foreach (var adapters in new IAdapterSet?[] { null, model.Adapters })
                TokenLosses.Measure(model.Decoder, adapters, Examples(1, rows, rows), 100, backend, arena, TestContext.Current.CancellationToken);
        }
        Assert.Equal(plan.Persistent + plan.Evaluation, arena.Peak);
    }

    /// <summary>Also where answers take more than training does.</summary>
    [Theory]
    [InlineData("llama", 1, 8)]
    [InlineData("llama", 16, 8)]
    [InlineData("llama", 16, 150)]
    [InlineData("gpt2", 16, 150)]
    [InlineData("qwen2", 16, 150)]
    [InlineData("qwen3", 16, 150)]
    [Trait("SilentFailure", "6")]
    public void Answers_stay_within_what_was_planned(string family, int texts, int newTokens)
    {
        using var tiny = new TinyModel(family: family);
        using var model = ModelContext.Open(tiny.Path);
        var decoder = model.Folder.BuildFrozen();
        var backend = CpuBackend.Shared(1);
        var prompts = Enumerable.Range(0, texts).Select(static i => (IReadOnlyList<int>)Enumerable.Range(3, 10 + i).ToArray()).ToArray();
        var planned = Generator.Plan(decoder, backend, null, texts, prompts.Max(static p => p.Count) + newTokens);
        using var arena = Arena.OfBytes(planned);
        new Generator(decoder, model.Tokenizer, backend, arena, null).GenerateAll(
            prompts, new GenerationOptions { MaxNewTokens = newTokens, StopIds = [] }, cancel: TestContext.Current.CancellationToken);
        Assert.InRange(arena.Peak, planned / 4, planned);
        Assert.Equal(0, arena.InUse);
    }

    /// <summary>Any number of texts, of any lengths, up to those that were planned: never more; and as much where all are at the border.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("SilentFailure", "6")]
    public void Answers_of_every_smaller_shape_stay_within_the_plan(bool lora)
    {
        using var tiny = new TinyModel();
        using var model = ModelContext.Open(tiny.Path);
        var backend = CpuBackend.Shared(1);
        using var own = Arena.OfBytes(4 << 20);
        using var tuned = TrainingModel.Build(model.Folder, new TuningMethod(lora ? new LoraOptions { Rank = 4 } : null, false, 1), backend, own);
        var (decoder, adapters) = (tuned.Decoder, tuned.Adapters);
        var planned = Generator.Plan(decoder, backend, adapters, 16, 60);
        Prop.ForAll(Gen.Choose(1, 58).NonEmptyListOf().Select(static l => l.Take(20)).ToArbitrary(), Gen.Choose(0, 6).ToArbitrary(), (lengths, newTokens) =>
            Assert.InRange(Measure([.. lengths.Select(l => Math.Min(l, 60 - newTokens))], newTokens), 1, planned)).Check(Config.QuickThrowOnFailure.WithMaxTest(10));
        // 8 texts of 60 tokens make one pass of 480 rows that ends all of them.
        Assert.Equal(Generator.Plan(decoder, backend, adapters, 8, 60), Measure([.. Enumerable.Repeat(60, 8)], 0));

        long Measure(int[] lengths, int newTokens)
        {
            using var arena = Arena.OfBytes(planned);
            new Generator(decoder, model.Tokenizer, backend, arena, adapters).GenerateAll(
                [.. lengths.Select(static l => (IReadOnlyList<int>)Enumerable.Range(3, l).ToArray())], new GenerationOptions { MaxNewTokens = newTokens }, cancel: TestContext.Current.CancellationToken);
            Assert.Equal(0, arena.InUse);
            return arena.Peak;
        }
    }

    /// <summary>Refused while nothing is allocated and no folder made; what the message asks for is enough, to the megabyte.</summary>
    [Theory]
    [InlineData("lora")]
    [InlineData("full")]
    [Trait("SilentFailure", "6")]
    public void What_does_not_fit_is_refused_and_the_remedy_works(string method)
    {
        using var tiny = new TinyModel();
        string[] settings = [$"method.kind={method}", .. method == "full" ? (string[])["method.rank=auto"] : []];
        var refused = Assert.Throws<UserErrorException>(() => TinyModel.Run(tiny.Recipe("run", [.. settings, "limits.memory=1MB"])));
        var problem = Assert.Single(refused.Problems);
        Assert.Equal("limits.memory", problem.Place);
        Assert.False(Directory.Exists(tiny.FileOf("run")));
        var allowed = Allowed().Match(problem.Remedy!).Groups[1].Value;
        using var fits = RunSetup.Prepare(tiny.Recipe("run", [.. settings, $"limits.memory={allowed}"]), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        Assert.InRange(fits.Memory.Plan.Total, fits.Memory.Limit - 1_000_000, fits.Memory.Limit);
    }

    /// <summary>Smaller passes first, then recomputation: chosen, and said.</summary>
    [Fact]
    [Trait("SilentFailure", "6")]
    public void A_tight_limit_is_met_by_smaller_passes()
    {
        using var tiny = new TinyModel();
        string[] settings = ["train.micro_batch_tokens=auto", "train.batch_tokens=2048"];
        using var wide = RunSetup.Prepare(tiny.Recipe("run", settings), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        using var tight = RunSetup.Prepare(
            tiny.Recipe("run", [.. settings, $"limits.memory={wide.Memory.Plan.Total - 1}B"]), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        Assert.True(tight.Steps.Options.PassRows < wide.Steps.Options.PassRows);
        Assert.Contains(tight.Choices.Made, static c => c.Key == "train.micro_batch_tokens");
        Assert.True(tight.Memory.Plan.Total <= tight.Memory.Limit);
    }

    /// <summary>Where passes may not shrink, activations wait in BF16 before anything is computed twice: chosen, and said.</summary>
    [Fact]
    [Trait("SilentFailure", "6")]
    public void A_tight_limit_on_given_passes_is_met_by_rounding_before_recomputing()
    {
        using var tiny = new TinyModel();
        string[] settings = ["train.micro_batch_tokens=1024", "train.batch_tokens=2048"];
        using var exact = RunSetup.Prepare(tiny.Recipe("run", settings), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        using var tight = RunSetup.Prepare(
            tiny.Recipe("run", [.. settings, $"limits.memory={exact.Memory.Plan.Total - 1}B"]), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal((DType.F32, DType.BF16), (exact.Recipe.Train.Saved, tight.Recipe.Train.Saved));
        Assert.Equal((DType.BF16, Keep.Saved), (tight.Steps.Options.SavedType, tight.Steps.Options.Keep));
        Assert.Contains(tight.Choices.Made, static c => c is { Key: "train.saved", Value: "bf16" });
    }

    /// <summary>A whole run, its generation and its checks after saving included, stays inside the arena that was planned: it would throw.</summary>
    [Theory]
    [InlineData("method.kind=lora", "train.recompute=on")]
    [InlineData("method.kind=lora", "train.saved=bf16")]
    [InlineData("method.kind=full", "method.rank=auto")]
    [InlineData("train.micro_batch_tokens=64", "eval.max_new_tokens=100")]
    [Trait("SilentFailure", "6")]
    public void A_whole_run_stays_inside_its_plan(string first, string second)
    {
        using var tiny = new TinyModel();
        Assert.NotEmpty(tiny.Run("run", first, second).Record.Memory);
    }

    private static OptimizerStep Step(int rows, int length, int trained)
    {
        var examples = Examples(Math.Max(1, rows / length), length + 1, trained);
        var batch = Batch.Of(examples, [.. Enumerable.Range(0, examples.Length)]);
        return new OptimizerStep(default, [batch], batch.Rows, batch.TrainedTokens);
    }

    private static Example[] Examples(int count, int length, int trained) =>
        [.. Enumerable.Range(0, count).Select(i => new Example(
            [.. Enumerable.Range(0, length).Select(j => (i * 31 + j * 7) % 280)], [.. Enumerable.Range(0, length).Select(j => j >= length - trained && j > 0)], "rows", i + 1, (ulong)i))];

    [GeneratedRegex("allow ([0-9]+MB)")]
    private static partial Regex Allowed();
}
