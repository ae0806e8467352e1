using Attune.Data;
using Attune.Engine.Autograd;
using Attune.Tests.Adapters;
using Attune.Tests.Formats;
using Attune.Tests.Models;
using Attune.Training;

namespace Attune.Tests.Training;

/// <summary>Randomness is a function of seed, step and the token's place in the whole step: of nothing else.</summary>
public class GradientStepTests
{
    private static float[] Gradients(TrainingRig rig, int microTokens, int number, long seed = 1, Keep keep = Keep.Saved)
    {
        // B is zero at the start, and then no gradient would reach A.
        foreach (var a in rig.Model.Adapters!.All)
            a.B.Value.Write([.. Enumerable.Range(0, (int)a.B.Value.Count).Select(static i => (i % 7 - 3) * 0.05f)]);
        var packer = new Packer(TrainingRig.Examples, new PackerOptions { StepTokens = 48, MicroTokens = microTokens, Seed = 1 });
        var step = packer.Get(new DataCursor(0, 0));
        Assert.InRange(step.MicroBatches.Count, 48 / microTokens, 48);
        new GradientStep(rig.Model, rig.Backend, rig.Arena, rig.Options with { PassRows = microTokens, Seed = seed, Keep = keep })
            .Run(step, number, TestContext.Current.CancellationToken);
        return [.. rig.Model.Weights.Parameters.SelectMany(static p => p.Grad!.ToArray())];
    }

    [Theory]
    [Trait("SilentFailure", "8")]
    [InlineData(TestBackends.F32)]
    [InlineData(TestBackends.Cpu)]
    public void Dropout_does_not_depend_on_the_split_into_micro_batches(string backend)
    {
        using var temp = new TempFolder();
        using var rig = new TrainingRig(temp.Path, backend: backend);
        var whole = Gradients(rig, 48, 5);
        foreach (var micro in new[] { 12, 24 })
            Numbers.Close(whole, [.. Gradients(rig, micro, 5).Select(static v => (double)v)], 2e-6, $"gradients in micro-batches of {micro}");
    }

    [Fact]
    [Trait("SilentFailure", "16")]
    public void Dropout_is_a_function_of_seed_and_step()
    {
        using var temp = new TempFolder();
        using var rig = new TrainingRig(temp.Path);
        var first = Gradients(rig, 24, 5);
        Assert.NotEqual(first, Gradients(rig, 24, 6));
        Assert.NotEqual(first, Gradients(rig, 24, 5, seed: 2));
        Assert.Equal(first, Gradients(rig, 24, 5));
    }

    [Fact]
    public void Recomputation_draws_the_same_dropout()
    {
        using var temp = new TempFolder();
        using var rig = new TrainingRig(temp.Path);
        Assert.Equal(Gradients(rig, 24, 5), Gradients(rig, 24, 5, keep: Keep.Recompute));
    }

    [Fact]
    public void Where_all_numbers_are_finite_nothing_is_found()
    {
        using var temp = new TempFolder();
        using var rig = new TrainingRig(temp.Path);
        Gradients(rig, 24, 5);
        var packer = new Packer(TrainingRig.Examples, new PackerOptions { StepTokens = 48, MicroTokens = 24, Seed = 1 });
        var step = new GradientStep(rig.Model, rig.Backend, rig.Arena, rig.Options);
        Assert.Null(step.FindNonFinite(packer.Get(new DataCursor(0, 0)), 5, static i => $"{i}"));
        rig.Model.Weights.Parameters.First().Grad!.At<float>(0, 0) = float.NaN;
        Assert.Equal("the gradients of " + rig.Model.Weights.Parameters.First().Name, step.FindNonFinite(packer.Get(new DataCursor(0, 0)), 5, static i => $"{i}"));
        Assert.Equal(rig.Arena.InUse, rig.Model.Weights.Buckets.Sum(static b => 4 * b.Values.Block.Bytes));
    }
}
