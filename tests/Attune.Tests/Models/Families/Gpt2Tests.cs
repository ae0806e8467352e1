using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Tests.Formats;
using Attune.Training;

namespace Attune.Tests.Models.Families;

public class Gpt2Tests
{
    [Fact]
    public void Every_size_is_read()
    {
        var spec = FamilyConfig.Read("gpt2-untied", static _ => { });
        Assert.Equal((97, 32, 40, 2, 64), (spec.Vocabulary, spec.Hidden, spec.FeedForward, spec.Layers, spec.MaxPositions));
        Assert.Equal(new AttentionShape(4, 4, 8, 1 / MathF.Sqrt(8)), spec.AttentionShape(0));
        Assert.Equal((1e-2f, Activation.Gelu, false), (spec.NormEpsilon, spec.Activation, spec.TiedHead));
        Assert.Null(spec.Rope);
    }

    /// <summary>Published files say nothing of tying and have no inner width.</summary>
    [Fact]
    public void What_a_file_leaves_out_has_the_familys_default()
    {
        var spec = FamilyConfig.Read("gpt2-untied", static keys =>
        {
            foreach (var key in new[] { "n_inner", "tie_word_embeddings", "activation_function", "layer_norm_epsilon", "n_positions" })
                keys.Remove(key);
        });
        Assert.Equal((128, true, Activation.GeluTanh, 1e-5f, 1024), (spec.FeedForward, spec.TiedHead, spec.Activation, spec.NormEpsilon, spec.MaxPositions));
    }

    [Theory]
    [InlineData("scale_attn_weights", "false")]
    [InlineData("scale_attn_by_inverse_layer_idx", "true")]
    [InlineData("add_cross_attention", "true")]
    [InlineData("activation_function", "\"relu\"")]
    [InlineData("n_head", "5")]
    [InlineData("n_embd", "0")]
    [InlineData("n_layer", "null")]
    [InlineData("n_positions", "0")]
    [InlineData("n_inner", "-1")]
    [InlineData("layer_norm_epsilon", "\"small\"")]
    public void A_variant_that_is_computed_otherwise_is_an_error(string key, string value) => FamilyConfig.Refused("gpt2-tied", key, value);

    /// <summary>It asks for attention in F32, which is what there is.</summary>
    [Fact]
    public void Upcast_attention_is_what_is_computed_anyway() => FamilyConfig.Read("gpt2-tied", "reorder_and_upcast_attn", "true");

    /// <summary>A checkpoint converted to [out, in] is another layout and said to be so, weight by weight.</summary>
    [Fact]
    public void Missing_and_transposed_weights_are_all_named()
    {
        using var temp = new TempFolder();
        File.Copy(ModelFixture.PathOf("gpt2-tied", "config.json"), temp.File("config.json"));
        using (var source = SafeTensorsFile.Open(ModelFixture.PathOf("gpt2-tied", "model.safetensors")))
        {
            var kept = source.Entries.Values.Where(static e => e.Name is not "transformer.wpe.weight" and not "transformer.h.1.ln_2.bias").ToArray();
            SafeTensorsWriter.Write(
                temp.File("model.safetensors"),
                kept.Select(static e => new SafeTensorsDeclaration(e.Name, e.Type, e.Name.EndsWith("c_attn.weight", StringComparison.Ordinal) ? [e.Shape[1], e.Shape[0]] : e.Shape)),
                (declared, stream) => stream.Write(source.ReadBytes(source.Entries[declared.Name])));
        }
        var e = Assert.Throws<UserErrorException>(() => ModelFolder.Open(temp.Path));
        Assert.Equal(4, e.Problems.Count);
        Assert.Contains(e.Problems, static p => p.Message.Contains("transformer.wpe.weight [64, 32] is missing", StringComparison.Ordinal));
        Assert.Contains(e.Problems, static p => p.Message.Contains("transformer.h.1.ln_2.bias [1, 32] is missing", StringComparison.Ordinal));
        Assert.Equal(2, e.Problems.Count(static p => p.Message.Contains("c_attn.weight has shape [96, 32], config.json asks for [32, 96]", StringComparison.Ordinal)));
    }

    [Fact]
    public void From_scratch_residual_branches_begin_smaller_by_the_root_of_their_number()
    {
        using var folder = ModelFolder.OpenConfiguration(ModelFixture.PathOf("gpt2-tied"));
        using var arena = TestBackends.NewArena();
        using var model = TrainingModel.Build(folder, new TuningMethod(null, true, 1), TestBackends.Make(TestBackends.Cpu), arena);
        double Deviation(string name) => Math.Sqrt(Numbers.Of(model.Weights.Find(name)!.Value).Average(static v => v * v));
        Assert.Equal(0.02, Deviation("transformer.h.0.mlp.c_fc.weight"), 0.001);
        Assert.Equal(0.02, Deviation("transformer.wpe.weight"), 0.001);
        Assert.Equal(0.01, Deviation("transformer.h.0.mlp.c_proj.weight"), 0.0005);
        Assert.Equal(0.01, Deviation("transformer.h.1.attn.c_proj.weight"), 0.0008);
        Assert.All(Numbers.Of(model.Weights.Find("transformer.ln_f.weight")!.Value), static v => Assert.Equal(1, v));
        Assert.All(Numbers.Of(model.Weights.Find("transformer.h.0.ln_1.bias")!.Value), static v => Assert.Equal(0, v));
    }

    /// <summary>Every weight has its part and block: what writers of other formats name it by.</summary>
    [Fact]
    public void Weights_know_their_module()
    {
        using var folder = ModelFolder.Open(ModelFixture.PathOf("gpt2-untied"));
        var byName = folder.Parameters.ToDictionary(static p => p.Name);
        Assert.Equal(new ModuleId(ModulePart.QueryKeyValue, 1), byName["transformer.h.1.attn.c_attn.bias"].Module);
        Assert.Equal(new ModuleId(ModulePart.Positions, null), byName["transformer.wpe.weight"].Module);
        Assert.Equal(new ModuleId(ModulePart.Head, null), byName["lm_head.weight"].Module);
        Assert.All(folder.BuildFrozen().Linears, static l => Assert.True(l.ByInputs));
    }
}
