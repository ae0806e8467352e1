using Attune.Engine.Backends;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>What two pieces of one long work are told to be of the same model by: its weights, and what was tuned on them, by content.</summary>
public sealed class FingerprintTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void A_model_is_known_by_its_weights_and_all_that_was_tuned_on_them()
    {
        var (one, other) = (tiny.Run("one").Saved, tiny.Run("other", "train.seed=2").Saved);
        var norms = tiny.Run("norms", "method.kind=norms", "method.rank=auto").Saved;
        string[] all = [Of(), Of(new WeightedAdapter(one, 1)), Of(new WeightedAdapter(one, 0.5)), Of(new WeightedAdapter(other, 1)), Of(new WeightedAdapter(one, 1), new WeightedAdapter(other, 1)), Of(new WeightedAdapter(one, 1), new WeightedAdapter(other, 0.5)), Of(new WeightedAdapter(norms, 1))];
        Assert.Distinct(all);

        // By content: elsewhere it is the same, and another in its place is not.
        var moved = tiny.FileOf("moved");
        Directory.Move(one, moved);
        Assert.Equal(all[1], Of(new WeightedAdapter(moved, 1)));
        Directory.Move(other, one);
        Assert.Equal(all[3], Of(new WeightedAdapter(one, 1)));
    }

    private string Of(params WeightedAdapter[] adapters)
    {
        using var model = InferenceModel.OpenWith(tiny.Path, adapters, null, CpuBackend.Shared(1));
        return model.Fingerprint();
    }
}
