using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Tests.Formats;
using Attune.Tests.Models;
using Attune.Training;

namespace Attune.Tests.Training;

/// <summary>How trained weights lie in buckets, and that no number of them is too many for one.</summary>
public class TrainedWeightsTests
{
    private static readonly ParameterInfo[] Infos = [Of("a", 4, 8), Of("b", 3, 5), Of("norm", 1, 8, ParameterRole.Norm), Of("c", 4, 8), Of("d", 2, 8)];

    /// <summary>Weights of 32, 16 (padded), 32 and 16, 48 to a bucket: the first two, and the others.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_kind_of_weights_that_is_too_long_for_a_bucket_has_several(bool byteMoments)
    {
        using var arena = TestBackends.NewArena();
        using var weights = new TrainedWeights(arena, CpuBackend.Shared(1), Infos, byteMoments, mostInBucket: 48);
        Assert.Equal(["decayed", "decayed-2", "plain"], weights.Buckets.Select(static b => b.Name));
        Assert.Equal([48, 48, 16], weights.Buckets.Select(static b => b.Values.Cols));
        foreach (var (info, i) in Infos.Select(static (info, i) => (info, i)))
            weights.Find(info.Name)!.Value.Write([.. Enumerable.Repeat(i + 1f, info.Rows * info.Cols)]);
        static float[] Filled(params (float Value, int Count)[] runs) => [.. runs.SelectMany(static r => Enumerable.Repeat(r.Value, r.Count))];
        Assert.Equal(Filled((1, 32), (2, 15), (0, 1)), weights.Buckets[0].Values.ToArray());
        Assert.Equal(Filled((4, 32), (5, 16)), weights.Buckets[1].Values.ToArray());
        Assert.Equal(Filled((3, 8), (0, 8)), weights.Buckets[2].Values.ToArray());
    }

    /// <summary>Names are what a checkpoint finds its weights by: as long as one bucket is enough, they have no number.</summary>
    [Fact]
    public void One_bucket_of_a_kind_has_no_number()
    {
        using var arena = TestBackends.NewArena();
        using var weights = new TrainedWeights(arena, CpuBackend.Shared(1), Infos);
        Assert.Equal(["decayed", "plain"], weights.Buckets.Select(static b => b.Name));
        Assert.Contains("b: has 15 values, and at most 8", Assert.Throws<UserErrorException>(() => new TrainedWeights(arena, CpuBackend.Shared(1), Infos[1..2], mostInBucket: 8)).Message, StringComparison.Ordinal);
    }

    /// <summary>Weights in several buckets learn what they learn in one.</summary>
    [Fact]
    public void A_step_does_not_see_the_borders()
    {
        float[] Step(int most)
        {
            using var arena = TestBackends.NewArena();
            var backend = CpuBackend.Shared(1);
            using var weights = new TrainedWeights(arena, backend, Infos, mostInBucket: most);
            foreach (var (info, i) in Infos.Select(static (info, i) => (info, i)))
            {
                var parameter = weights.Find(info.Name)!;
                parameter.Value.Write([.. Enumerable.Range(0, info.Rows * info.Cols).Select(n => 0.01f * n - i)]);
                parameter.Grad!.Write([.. Enumerable.Range(0, info.Rows * info.Cols).Select(n => 0.02f * (n % 7) - 0.05f * i)]);
            }
            var optimizer = new AdamW(weights, backend, new AdamWOptions { WeightDecay = 0.1, Clip = 0 });
            optimizer.Step(0.01, 1, optimizer.GradientNorm());
            return [.. Infos.SelectMany(i => weights.Find(i.Name)!.Value.ToArray())];
        }

        Assert.Equal(Step(TrainedWeights.MostInBucket), Step(48));
    }

    /// <summary>Every weight of three billion: planned, without memory for one of them.</summary>
    [Fact]
    [Trait("SilentFailure", "6")]
    public void Three_billion_weights_are_planned()
    {
        using var temp = new TempFolder();
        File.WriteAllText(temp.File(HfConfig.FileName), """
            {"model_type": "llama", "vocab_size": 128256, "hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 28, "num_attention_heads": 24,
             "num_key_value_heads": 8, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": true}
            """);
        using var folder = ModelFolder.OpenConfiguration(temp.Path);
        var count = folder.Parameters.Sum(static i => (long)i.Rows * i.Cols);
        Assert.True(count > int.MaxValue);
        var options = new TrainerOptions { TotalSteps = 1, PassRows = 64, LearningRate = new LearningRate(1e-3, LearningRateShape.Constant, 0, 1) };
        var plan = MemoryPlan.Of(folder, new TuningMethod(null, true, 1), options, CpuBackend.Shared(1), 0, 0, 0);
        Assert.Equal((4 * count, 4 * count, 8 * count), (plan.Trained, plan.Gradients, plan.Moments));
    }

    private static ParameterInfo Of(string name, int rows, int cols, ParameterRole role = ParameterRole.Matrix) => new(name, rows, cols, role);
}
