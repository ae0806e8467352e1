using Attune.Adapters;
using Attune.Formats.Gguf;
using Attune.Models;
using Attune.Problems;
using Attune.Tests.Formats;
using Attune.Tests.Models;

namespace Attune.Tests.Adapters;

public sealed class GgufLoraTests : IDisposable
{
    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    /// <summary>A plain adapter goes through bit for bit, on every family.</summary>
    [Theory]
    [InlineData("llama-tied")]
    [InlineData("llama-untied")]
    [InlineData("qwen2-tied")]
    [InlineData("gpt2-tied")]
    public void A_plain_adapter_says_the_same(string name)
    {
        using var fixture = new ModelFixture(name, "lora");
        var (decoder, arena) = (fixture.Folder.BuildFrozen(), TestBackends.NewArena());
        using var _ = arena;
        var backend = TestBackends.Make(TestBackends.F32);
        var adapters = PeftFiles.Load(fixture.AdapterFolder!, decoder);
        GgufLora.Write(temp.File("a.gguf"), fixture.Folder, adapters);
        var back = GgufLora.Read(temp.File("a.gguf"), fixture.Folder, decoder);
        Assert.Equal(fixture.Logits(decoder, adapters, backend, arena), fixture.Logits(decoder, back, backend, arena));
        Assert.NotEqual(fixture.Logits(decoder, null, backend, arena), fixture.Logits(decoder, back, backend, arena));
    }

    /// <summary>
    /// rsLoRA, and alphas and ranks by layer: llama.cpp computes alpha / rank from one alpha, so what it computes, times the stored B, must be the true scale times the trained B.
    /// </summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [Trait("SilentFailure", "21")]
    public void The_true_scale_is_in_the_file(bool stabilised, bool patterns)
    {
        using var folder = ModelFolder.Open(ModelFixture.PathOf("qwen2-tied"));
        var options = new LoraOptions
        {
            Rank = 4,
            Alpha = 8,
            RankStabilised = stabilised,
            AlphaPattern = patterns ? new Dictionary<string, int> { ["v_proj"] = 3, [@"layers\.1\.mlp\..*"] = 32 } : new Dictionary<string, int>(),
            RankPattern = patterns ? new Dictionary<string, int> { ["q_proj"] = 2 } : new Dictionary<string, int>(),
        };
        var adapters = options.Attach(folder.BuildFrozen(), AdapterSet.Allocate);
        foreach (var adapter in adapters.All)
            adapter.B.Value.Write([.. Enumerable.Range(0, (int)adapter.B.Value.Count).Select(static i => 1 + i % 7f)]);
        GgufLora.Write(temp.File("a.gguf"), folder, adapters);
        using var file = GgufFile.Open(temp.File("a.gguf"));
        var alpha = file.Metadata.RequiredNumber("adapter.lora.alpha");
        Assert.Equal(2 * adapters.All.Count, file.Tensors.Count);
        foreach (var (adapter, name) in adapters.All.Zip(Names(folder)))
        {
            var b = file.Map(file.Tensors[name + ".lora_b"]);
            var scale = adapter.Term(adapter.Layer)!.Scale;
            Assert.Equal(stabilised ? options.For(adapter.Layer.Path).Alpha / Math.Sqrt(b.Cols) : options.For(adapter.Layer.Path).Alpha / (double)b.Cols, scale, 1e-5);
            for (var r = 0; r < b.Rows; r++)
                for (var c = 0; c < b.Cols; c++)
                    Assert.Equal(scale * adapter.B.Value.Read(r, c), alpha / b.Cols * b.Read(r, c), 1e-4);
        }
    }

    /// <summary>By hand: B's rows of a turned projection lie in ggml's order.</summary>
    [Fact]
    public void Rows_of_B_are_reordered_as_the_bases_are()
    {
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        var adapters = new LoraOptions { Rank = 1, Alpha = 1 }.Attach(folder.BuildFrozen(), AdapterSet.Allocate);
        foreach (var adapter in adapters.All)
            adapter.B.Value.Write([.. Enumerable.Range(0, adapter.B.Value.Rows).Select(static r => (float)r)]);
        GgufLora.Write(temp.File("a.gguf"), folder, adapters);
        using var file = GgufFile.Open(temp.File("a.gguf"));
        var half = folder.Spec.HeadSize / 2;
        Assert.Equal([0f, half, 1, half + 1], file.Map(file.Tensors["blk.0.attn_k.weight.lora_b"]).ToArray()[..4]);
        Assert.Equal([0f, 1, 2, 3], file.Map(file.Tensors["blk.0.attn_v.weight.lora_b"]).ToArray()[..4]);
    }

    [Fact]
    public void An_adapter_of_another_base_is_refused()
    {
        using var fixture = new ModelFixture("llama-tied", "lora");
        using var other = ModelFolder.Open(ModelFixture.PathOf("qwen2-tied"));
        GgufLora.Write(temp.File("a.gguf"), fixture.Folder, PeftFiles.Load(fixture.AdapterFolder!, fixture.Folder.BuildFrozen()));
        Assert.Contains("architecture", Assert.Throws<UserErrorException>(() => GgufLora.Read(temp.File("a.gguf"), other, other.BuildFrozen())).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(ModelFolder folder) => Enumerable.Range(0, folder.Spec.Layers)
        .SelectMany(static i => new[] { "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down" }.Select(n => $"blk.{i}.{n}.weight"));
}
