using Attune.Adapters;
using Attune.Engine;
using Attune.Models;
using Attune.Problems;
using Attune.Runs;
using Attune.Tests.Formats;
using Attune.Tests.Models;

namespace Attune.Tests.Adapters;

public sealed class AdapterSumTests
{
    /// <summary>Adapters of other layers, ranks and scales: the sum's update of every weight is the weighted sum of theirs.</summary>
    [Fact]
    public void The_sum_changes_weights_by_the_sum_of_the_changes()
    {
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        var decoder = folder.BuildFrozen();
        AdapterSet Make(LoraOptions options, int seed)
        {
            var set = options.Attach(decoder, AdapterSet.Allocate);
            foreach (var p in set.Parameters)
                p.Value.Write([.. Enumerable.Range(0, (int)p.Value.Count).Select(i => (float)RandomKey.OfSeed(seed).For(p.Name).Normal(i))]);
            return set;
        }
        var first = Make(new LoraOptions { Rank = 3, Alpha = 6 }, 1);
        var second = Make(new LoraOptions { Rank = 4, Alpha = 8, RankStabilised = true, Targets = LayerTargets.EndingOn(["q_proj"]) }, 2);
        var sum = AdapterSum.Of(decoder, [(first, 0.5), (second, -1.5)]);
        Assert.Equal(decoder.Linears.Select(static l => l.Path), sum.All.Select(static a => a.Layer.Path));
        foreach (var layer in decoder.Linears)
        {
            float[] Delta(AdapterSet set)
            {
                var delta = Tensor.Allocate(DType.F32, layer.Out, layer.In);
                delta.Clear();
                set.For(layer)?.MergeInto(layer, delta);
                return delta.ToArray();
            }
            var expected = Delta(first).Zip(Delta(second), static (a, b) => 0.5f * a - 1.5f * b).ToArray();
            Numbers.Close(expected, [.. Delta(sum).Select(static v => (double)v)], 1e-5, layer.Path);
        }

        using var temp = new TempFolder();
        PeftFiles.Save(temp.Path, sum, "base");
        var loaded = PeftFiles.Load(temp.Path, decoder);
        Assert.Equal(sum.Parameters.Select(static p => Convert.ToHexString(Numbers.Bits(p.Value))), loaded.Parameters.Select(static p => Convert.ToHexString(Numbers.Bits(p.Value))));
        Assert.Equal([7, 3], sum.All.Take(2).Select(static a => a.A.Value.Rows));
        Assert.All(loaded.All, static a => Assert.Equal(1f, a.Term(a.Layer)!.Scale));
    }

    [Theory]
    [InlineData("a/b", "a/b", 1)]
    [InlineData("a/b=0.5", "a/b", 0.5)]
    [InlineData("a=b=-2", "a=b", -2)]
    public void A_weight_stands_behind_the_folder(string text, string path, double weight) => Assert.Equal(new WeightedAdapter(path, weight), WeightedAdapter.Parse(text));

    [Theory]
    [InlineData("a=much")]
    [InlineData("a=NaN")]
    [InlineData("a=")]
    public void What_is_no_weight_is_refused(string text) => Assert.Throws<UserErrorException>(() => WeightedAdapter.Parse(text));

    [Theory]
    [InlineData("dora")]
    [InlineData("ia3")]
    public void What_is_no_low_rank_matrix_can_be_neither_scaled_nor_added(string kind)
    {
        var decoder = ModelFolder.Open(ModelFixture.PathOf("llama-tied")).BuildFrozen();
        var own = ModelFixture.PathOf("llama-tied", kind);
        Assert.Contains("neither scaled nor added", Assert.Throws<UserErrorException>(() => WeightedAdapter.Load([new(own, 0.5)], decoder)).Message, StringComparison.Ordinal);
        Assert.Throws<UserErrorException>(() => WeightedAdapter.Load([new(own, 1), new(ModelFixture.PathOf("llama-tied", "lora"), 1)], decoder));
        Assert.Equal(kind, WeightedAdapter.Load([new(own, 1)], decoder).Options.Kind.Name);
    }
}
