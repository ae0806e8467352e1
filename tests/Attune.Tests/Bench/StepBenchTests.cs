using Attune.Bench;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;

namespace Attune.Tests.Bench;

/// <summary>Whole steps as benchmarks take them.</summary>
public sealed class StepBenchTests : IDisposable
{
    private static readonly string Fixture = Path.Combine(SharedData.RepositoryRoot, "tests", "Fixtures", "llama-tied");

    private readonly ModelFolder model = ModelFolder.Open(Fixture);
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose()
    {
        model.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Steps_are_timed_and_their_kernels_watched(bool lora)
    {
        var item = StepCase.Random(model.Spec, lora, 2, 8);
        var result = StepBench.Measure(model, item, CpuBackend.Shared(2), new Repeats(TimeSpan.Zero, 2, 2), details: true, TestContext.Current.CancellationToken);
        Assert.Equal(2, result.Time.Repeats);
        Assert.Equal(16 / result.Time.Median, result.TokensPerSecond, 6);
        Assert.True(result.SpeedUp > 0 && result.OperationsPerSecond > 0 && double.IsFinite(result.Loss) && result.PeakResident > 0);
        var rows = ProfileRow.Of(result.Profile);
        Assert.Equal(1, rows.Sum(static r => r.Share), 6);
        Assert.Contains(rows, static r => r.Key.Kernel == nameof(IMatrixKernels.Product));
        Assert.Contains(rows, static r => r.Key.Kernel == nameof(IOptimizerKernels.AdamW));
    }

    /// <summary>A split into passes is the same step: the same tokens, and as many operations each.</summary>
    [Fact]
    public void Operations_of_a_token_follow_from_the_model_alone()
    {
        using var whole = new StepBench(model, StepCase.Random(model.Spec, false, 2, 8), CpuBackend.Shared(1));
        using var split = new StepBench(model, StepCase.Random(model.Spec, false, 2, 8, passRows: 8), CpuBackend.Shared(1));
        Assert.Equal(whole.OperationsPerToken(8), split.OperationsPerToken(8));
        Assert.True(whole.OperationsPerToken(16) > whole.OperationsPerToken(8));
    }

    [Fact]
    public void Tiles_are_counted_for_threads_that_are_not_there()
    {
        var ceilings = Ceilings.Measure(CpuBackend.Shared(1), 1, TimeSpan.Zero, TestContext.Current.CancellationToken);
        var rows = TileRow.Count(model, StepCase.Random(model.Spec, true, 2, 8), 64, ProductType.F32, ceilings);
        Assert.Equal(1, rows.Sum(static r => r.Share), 6);
        Assert.Contains(rows, static r => r.Key.Kernel == nameof(IAttentionKernels.Attention) && r.Tiles > 0);
        // Nothing of it stays: the next call computes again.
        var result = StepBench.Measure(model, StepCase.Random(model.Spec, true, 2, 8), CpuBackend.Shared(1), new Repeats(TimeSpan.Zero, 1, 1), details: false, TestContext.Current.CancellationToken);
        Assert.True(result.Loss > 0);
    }

    [Fact]
    public void Rows_of_a_file_are_packed_into_steps()
    {
        var file = Path.Combine(folder, "rows.jsonl");
        File.WriteAllLines(file, Enumerable.Range(0, 40).Select(static i => $$"""{"prompt": "What is {{i}}?", "completion": "A number."}"""));
        var tokenizer = Path.Combine(SharedData.RepositoryRoot, "models", "attune-base");
        using var shape = ModelFolder.Open(SyntheticModel.Make(folder, "tiny15m", SafeTensorsType.BF16));
        var item = StepCase.OfFile(shape.Spec, true, file, tokenizer, 64);
        Assert.InRange(item.Step(0).Tokens, 32, 64);
        Assert.InRange(item.Step(0).TrainedTokens, 1, item.Step(0).Tokens - 1);
        Assert.NotSame(item.Step(0), item.Step(1));
    }

    /// <summary>Large shapes come in several files, as published models of their size do, and hold the same numbers.</summary>
    [Fact]
    public void A_shape_may_be_cut_into_files()
    {
        using var whole = ModelFolder.Open(SyntheticModel.Make(folder, "tiny15m", SafeTensorsType.BF16));
        using var cut = ModelFolder.Open(SyntheticModel.Make(Path.Combine(folder, "cut"), "tiny15m", SafeTensorsType.BF16, 10_000_000));
        Assert.Equal(3, Directory.GetFiles(cut.Path, "model-*-of-00003.safetensors").Length);
        Assert.Equal(whole.Fingerprint(), cut.Fingerprint());
    }

    [Fact]
    public void A_shape_that_is_not_known_is_named_with_the_nearest()
    {
        var e = Assert.Throws<UserErrorException>(() => SyntheticModel.Make(folder, "smollm-135m", SafeTensorsType.BF16));
        Assert.Contains("qwen2.5-0.5b", e.Problems[0].Message, StringComparison.Ordinal);
        Assert.Contains("smollm2-135m", e.Problems[0].Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Generation_reads_a_prompt_and_writes_behind_it()
    {
        var result = GenerationBench.Measure(model, null, CpuBackend.Shared(1), 4, new Repeats(TimeSpan.Zero, 3, 3), TestContext.Current.CancellationToken);
        Assert.True(result.PrefillPerSecond > 0 && result.DecodePerSecond > 0 && result.WeightBytes > 0);
        Assert.Equal(3, result.Decode.Repeats);
    }
}
