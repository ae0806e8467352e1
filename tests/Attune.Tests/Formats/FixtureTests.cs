using System.Runtime.InteropServices;
using Attune.Formats;
using Attune.Tests.Models;

namespace Attune.Tests.Formats;

/// <summary>The checkpoints under tests/Fixtures hold together: what other tests take for granted about them.</summary>
public class FixtureTests
{
    private static string Folder(params string[] parts) => Path.Combine([SharedData.RepositoryRoot, "tests", "Fixtures", .. parts]);

    private static int[] Ints(SafeTensorsFile file, string name)
    {
        Assert.Equal(SafeTensorsType.I32, file.Entries[name].Type);
        return MemoryMarshal.Cast<byte, int>(file.ReadBytes(file.Entries[name])).ToArray();
    }

    [Theory]
    [InlineData("llama-tied")]
    [InlineData("llama-untied")]
    public void Checkpoint_has_the_shapes_of_its_configuration(string name)
    {
        var config = HfConfig.ReadFolder(Folder(name));
        var heads = config.Keys.RequiredInt("num_attention_heads");
        var hidden = config.Keys.RequiredInt("hidden_size");
        var size = config.Keys.Int("head_dim") ?? hidden / heads;
        using var model = SafeTensorsModel.Open(Folder(name));
        Assert.Equal([config.VocabSize, hidden], model.Entries["model.embed_tokens.weight"].Shape);
        Assert.Equal([heads * size, hidden], model.Entries["model.layers.0.self_attn.q_proj.weight"].Shape);
        Assert.Equal([config.Keys.RequiredInt("num_key_value_heads") * size, hidden], model.Entries["model.layers.1.self_attn.v_proj.weight"].Shape);
        Assert.Equal(!config.TieWordEmbeddings, model.Entries.ContainsKey("lm_head.weight"));
        Assert.Equal(2 * 9 + (config.TieWordEmbeddings == true ? 2 : 3), model.Entries.Count);
        Assert.Equal(name == "llama-untied" ? "llama3" : "default", config.RopeType);
    }

    [Theory]
    [MemberData(nameof(ModelFixture.Parts), MemberType = typeof(ModelFixture))]
    public void Expected_values_cover_the_batch_and_every_trained_tensor(string name, string part)
    {
        using var trained = SafeTensorsFile.Open(Folder(name, part, part.Length > 0 ? "adapter_model.safetensors" : "model.safetensors"));
        using var expected = SafeTensorsFile.Open(Folder(name, part, "expected.safetensors"));
        var (ids, targets) = (Ints(expected, "ids"), Ints(expected, "targets"));
        Assert.Equal(ids.Length, Ints(expected, "lengths").Sum());
        Assert.Equal(ids.Length, targets.Length);
        Assert.All(ids.Concat(targets), id => Assert.InRange(id, 0, 96));
        Assert.Contains(0f, expected.ReadFloats(expected.Entries["weights"]));
        Assert.Equal([ids.Length, 97], expected.Entries["logits"].Shape);
        Assert.Equal(6 + 2 * trained.Entries.Count, expected.Entries.Count);
        foreach (var entry in trained.Entries.Values)
        {
            Assert.Equal(entry.Shape, expected.Entries["grad." + entry.Name].Shape);
            Assert.Equal(entry.Shape, expected.Entries["after5." + entry.Name].Shape);
            Assert.Contains(expected.ReadFloats(expected.Entries["grad." + entry.Name]), g => MathF.Abs(g) > 1e-4f);
        }
    }

    /// <summary>The loss follows from logits, targets and weights as the metadata says; stated again here, apart from PyTorch.</summary>
    [Theory]
    [MemberData(nameof(ModelFixture.Parts), MemberType = typeof(ModelFixture))]
    public void Loss_is_the_weighted_mean_of_the_cross_entropies(string name, string part)
    {
        using var expected = SafeTensorsFile.Open(Folder(name, part, "expected.safetensors"));
        var logits = expected.ReadFloats(expected.Entries["logits"]);
        var weights = expected.ReadFloats(expected.Entries["weights"]);
        var targets = Ints(expected, "targets");
        double sum = 0;
        for (var t = 0; t < targets.Length; t++)
        {
            var row = logits.AsSpan(97 * t, 97).ToArray();
            sum += weights[t] * (Math.Log(row.Sum(x => Math.Exp(x))) - row[targets[t]]);
        }
        var loss = BitConverter.ToDouble(expected.ReadBytes(expected.Entries["loss"]));
        Assert.Equal(loss, sum / weights.Sum(w => (double)w), 1e-6);
    }
}
