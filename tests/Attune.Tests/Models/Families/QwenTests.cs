using System.Text.Json.Nodes;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Tests.Formats;

namespace Attune.Tests.Models.Families;

/// <summary>Qwen2, Qwen3 and Mistral: Llama with differences.</summary>
public class QwenTests
{
    [Fact]
    public void Qwen2_has_biases_on_queries_keys_and_values_alone()
    {
        var spec = FamilyConfig.Read("qwen2-untied", static _ => { });
        Assert.Equal((true, false, false, false), (spec.QueryKeyValueBias, spec.OutputBias, spec.MlpBias, spec.TiedHead));
        Assert.Equal(new AttentionShape(8, 2, 4, 0.5f), spec.AttentionShape(0));
        Assert.Equal((256, 1e-3f, new RopeSpec(10000)), (spec.MaxPositions, spec.NormEpsilon, spec.Rope));
    }

    /// <summary>The configuration of Qwen2.5-0.5B, its numbers by its model card.</summary>
    [Fact]
    public void A_published_configuration_has_its_published_number_of_parameters()
    {
        var spec = FamilyConfig.Read("qwen2-tied", static keys =>
        {
            foreach (var (key, value) in new (string, int)[]
            {
                ("hidden_size", 896), ("intermediate_size", 4864), ("max_position_embeddings", 32768), ("max_window_layers", 24), ("num_attention_heads", 14),
                ("num_hidden_layers", 24), ("num_key_value_heads", 2), ("sliding_window", 32768), ("vocab_size", 151936),
            })
                keys[key] = value;
        });
        var infos = DecoderBuilder.Describe(ModelFamilies.All.Single(static f => f.ModelType == "qwen2"), spec);
        Assert.Equal(494_032_768, infos.Sum(static i => (long)i.Rows * i.Cols));
        Assert.Equal((32768, 64), (spec.MaxPositions, spec.HeadSize));
    }

    /// <summary>Blocks from max_window_layers on have the window, or those that layer_types says.</summary>
    [Theory]
    [InlineData(false, "100", 0, null, null)]
    [InlineData(true, "100", 0, null, new[] { 100, 100 })]
    [InlineData(true, "100", 1, null, new[] { 0, 100 })]
    [InlineData(true, "100", 2, null, null)]
    [InlineData(true, "null", 0, null, null)]
    [InlineData(true, "100", 2, """["sliding_attention", "full_attention"]""", new[] { 100, 0 })]
    [InlineData(false, "100", 0, """["full_attention", "full_attention"]""", null)]
    public void Windows_are_where_the_configuration_has_them(bool used, string window, int fullLayers, string? types, int[]? windows)
    {
        foreach (var family in (string[])["qwen2-tied", "qwen3"])
        {
            var spec = FamilyConfig.Read(family, keys =>
            {
                (keys["use_sliding_window"], keys["sliding_window"], keys["max_window_layers"]) = (used, JsonNode.Parse(window), fullLayers);
                if (types is not null)
                    keys["layer_types"] = JsonNode.Parse(types);
            });
            Assert.Equal(windows, spec.Windows);
            Assert.Equal(256, spec.MaxPositions);
            Assert.Equal(windows is null ? 256 : 100, spec.WithoutWindows.MaxPositions);
            Assert.Equal(windows?[1] ?? 0, spec.AttentionShape(1).Window);
        }
    }

    [Theory]
    [InlineData("qwen2-tied", "use_mrope", "true")]
    [InlineData("qwen2-tied", "sliding_window", "\"long\"", true)]
    [InlineData("qwen2-tied", "rope_scaling", "{\"type\": \"yarn\", \"factor\": 4.0}")]
    [InlineData("qwen2-tied", "layer_types", """["full_attention"]""", true)]
    [InlineData("qwen2-tied", "layer_types", """["full_attention", "chunked_attention"]""", true)]
    [InlineData("qwen3", "layer_types", """["full_attention", "sliding_attention"]""")]
    [InlineData("qwen3", "head_dim", "null")]
    [InlineData("mistral", "sliding_window", "0")]
    public void A_value_that_changes_the_numbers_is_an_error(string fixture, string key, string value, bool windowed = false)
    {
        var e = Assert.Throws<UserErrorException>(() => FamilyConfig.Read(fixture, keys =>
        {
            keys[key] = JsonNode.Parse(value);
            if (windowed)
                (keys["use_sliding_window"], keys["max_window_layers"]) = (true, 0);
        }));
        Assert.Contains(key, e.Problems[0].Place, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_bias_is_named()
    {
        using var temp = new TempFolder();
        File.Copy(ModelFixture.PathOf("qwen2-tied", "config.json"), temp.File("config.json"));
        using (var source = SafeTensorsFile.Open(ModelFixture.PathOf("qwen2-tied", "model.safetensors")))
        {
            SafeTensorsWriter.Write(
                temp.File("model.safetensors"),
                source.Entries.Values.Where(static e => e.Name != "model.layers.1.self_attn.k_proj.bias").Select(static e => new SafeTensorsDeclaration(e.Name, e.Type, e.Shape)),
                (declared, stream) => stream.Write(source.ReadBytes(source.Entries[declared.Name])));
        }
        var e = Assert.Throws<UserErrorException>(() => ModelFolder.Open(temp.Path));
        Assert.Contains("model.layers.1.self_attn.k_proj.bias", Assert.Single(e.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Qwen3_norms_every_head()
    {
        using var folder = ModelFolder.Open(ModelFixture.PathOf("qwen3"));
        Assert.Equal(new AttentionShape(4, 2, 10, 1 / MathF.Sqrt(10)), folder.Spec.AttentionShape(0));
        var norm = folder.Parameters.Single(static p => p.Name == "model.layers.1.self_attn.q_norm.weight");
        Assert.Equal([10L], norm.Shape);
        Assert.Equal(new ModuleId(ModulePart.QueryNorm, 1), norm.Module);
    }

    /// <summary>Null is no window; silence is the family's own.</summary>
    [Fact]
    public void Mistrals_window_is_in_every_block()
    {
        Assert.Equal([40, 40], FamilyConfig.Read("mistral", static _ => { }).Windows);
        Assert.Null(FamilyConfig.Read("mistral", "sliding_window", "null").Windows);
        var silent = FamilyConfig.Read("mistral", static keys => keys.Remove("sliding_window"));
        Assert.Equal([4096, 4096], silent.Windows);
        Assert.Equal((512, 512), (silent.MaxPositions, silent.WithoutWindows.MaxPositions));
    }
}
