using System.Text.Json.Nodes;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Problems;

namespace Attune.Tests.Models.Families;

public class LlamaTests
{
    private static DecoderSpec Read(Action<JsonObject> change) => FamilyConfig.Read("llama-untied", change);

    [Fact]
    public void Every_size_is_read()
    {
        var spec = Read(static _ => { });
        Assert.Equal((97, 32, 48, 2), (spec.Vocabulary, spec.Hidden, spec.FeedForward, spec.Layers));
        Assert.Equal(new AttentionShape(4, 2, 6, 1 / MathF.Sqrt(6)), spec.AttentionShape(0));
        Assert.Equal((1024, 1e-3f, Activation.Silu, false), (spec.MaxPositions, spec.NormEpsilon, spec.Activation, spec.TiedHead));
        Assert.Equal(new RopeSpec(500, new Llama3RopeScaling(8, 1, 4, 128)), spec.Rope);
    }

    [Fact]
    public void What_a_file_leaves_out_has_the_familys_default()
    {
        var spec = Read(static keys =>
        {
            foreach (var key in new[] { "head_dim", "num_key_value_heads", "rope_scaling", "rope_theta", "rms_norm_eps", "tie_word_embeddings", "hidden_act" })
                keys.Remove(key);
        });
        Assert.Equal((8, 4, 1e-6f, false), (spec.HeadSize, spec.KeyHeads, spec.NormEpsilon, spec.TiedHead));
        Assert.Equal(new RopeSpec(10000), spec.Rope);
    }

    /// <summary>Every position is one of a context that is shorter by the factor.</summary>
    [Theory]
    [InlineData("rope_type")]
    [InlineData("type")]
    public void Linear_scaling_slows_every_frequency(string key)
    {
        var spec = Read(keys => keys["rope_scaling"] = new JsonObject { [key] = "linear", ["factor"] = 4.0 });
        Assert.Equal(new RopeSpec(500, Factor: 4), spec.Rope);
        Assert.Equal(new RopeSpec(500).Frequencies(6).Select(static f => f / 4), spec.Rope!.Frequencies(6));
    }

    [Theory]
    [InlineData("rope_scaling", "{\"rope_type\": \"linear\", \"factor\": 0.5}")]
    [InlineData("rope_scaling", "{\"rope_type\": \"linear\"}")]
    [InlineData("num_key_value_heads", "3")]
    [InlineData("head_dim", "7")]
    [InlineData("hidden_size", "0")]
    [InlineData("num_hidden_layers", "1000000")]
    [InlineData("hidden_act", "\"relu\"")]
    [InlineData("rope_scaling", "{\"rope_type\": \"yarn\", \"factor\": 4}")]
    [InlineData("rope_scaling", "{\"rope_type\": \"llama3\", \"factor\": 4}")]
    [InlineData("rms_norm_eps", "-1")]
    public void A_value_that_no_Llama_has_is_an_error(string key, string value) =>
        FamilyConfig.Refused("llama-untied", key, value);

    [Fact]
    public void Heads_together_have_a_limit() => Assert.Throws<UserErrorException>(static () => FamilyConfig.Read("llama-untied", "head_dim", "1000000"));

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Attention_bias_is_that_of_all_four_projections(bool given, bool expected)
    {
        var spec = Read(keys => keys["attention_bias"] = given);
        Assert.Equal((expected, expected), (spec.QueryKeyValueBias, spec.OutputBias));
    }

    [Theory]
    [InlineData(5, 1)] // 32 / 5
    [InlineData(32, 1)] // heads of one channel
    [InlineData(64, 64)] // none at all
    public void Heads_must_divide_the_hidden_size_where_their_size_is_not_given(int heads, int keyHeads) => Assert.Throws<UserErrorException>(() => Read(keys =>
    {
        keys.Remove("head_dim");
        keys["num_attention_heads"] = heads;
        keys["num_key_value_heads"] = keyHeads;
    }));

    [Fact]
    public void Another_architecture_is_an_error_that_names_those_known()
    {
        var e = Assert.Throws<UserErrorException>(() => Read(static keys => keys["model_type"] = "mamba"));
        Assert.Contains("gpt2, llama, mistral, qwen2, qwen3", e.Problems[0].Remedy, StringComparison.Ordinal);
    }
}
