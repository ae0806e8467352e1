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
        Assert.Equal(new AttentionShape(8, 2, 4, 0.5f), spec.AttentionShape);
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

    /// <summary>What a window does not change is taken, what it would change is not.</summary>
    [Theory]
    [InlineData(false, 100, 0, 256)]
    [InlineData(true, 100, 0, 100)]
    [InlineData(true, 100, 1, 100)]
    [InlineData(true, 100, 2, 256)]
    [InlineData(true, 4096, 0, 256)]
    public void Positions_end_where_a_sliding_window_would_begin(bool used, int window, int fullLayers, int positions)
    {
        foreach (var family in (string[])["qwen2-tied", "qwen3"])
        {
            var spec = FamilyConfig.Read(family, keys => (keys["use_sliding_window"], keys["sliding_window"], keys["max_window_layers"]) = (used, window, fullLayers));
            Assert.Equal(positions, spec.MaxPositions);
        }
    }

    [Theory]
    [InlineData("qwen2-tied", "use_mrope", "true")]
    [InlineData("qwen2-tied", "sliding_window", "\"long\"", true)]
    [InlineData("qwen2-tied", "rope_scaling", "{\"type\": \"yarn\", \"factor\": 4.0}")]
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
        Assert.Equal(new AttentionShape(4, 2, 10, 1 / MathF.Sqrt(10)), folder.Spec.AttentionShape);
        var norm = folder.Parameters.Single(static p => p.Name == "model.layers.1.self_attn.q_norm.weight");
        Assert.Equal([10L], norm.Shape);
        Assert.Equal(new ModuleId(ModulePart.QueryNorm, 1), norm.Module);
    }

    /// <summary>Null is no window; silence is the family's own.</summary>
    [Fact]
    public void Mistrals_window_bounds_its_positions()
    {
        Assert.Equal(40, FamilyConfig.Read("mistral", static _ => { }).MaxPositions);
        Assert.Equal(512, FamilyConfig.Read("mistral", "sliding_window", "null").MaxPositions);
        Assert.Equal(4096, FamilyConfig.Read("mistral", static keys =>
        {
            keys.Remove("sliding_window");
            keys["max_position_embeddings"] = 32768;
        }).MaxPositions);
    }
}
