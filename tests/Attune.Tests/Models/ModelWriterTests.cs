using System.Text.Json.Nodes;
using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Evaluation;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Tests.Adapters;
using Attune.Tests.Formats;
using Attune.Training;

namespace Attune.Tests.Models;

public class ModelWriterTests
{
    public static TheoryData<string> Models => ModelFixture.Models;

    /// <summary>A fully tuned model, saved and opened again, has the very same logits: tied stays tied, untied untied.</summary>
    [Theory]
    [Trait("SilentFailure", "14")]
    [MemberData(nameof(Models))]
    public void A_tuned_model_has_the_same_logits_when_it_is_opened_again(string name)
    {
        using var temp = new TempFolder();
        using var fixture = new ModelFixture(name);
        using var arena = TestBackends.NewArena();
        var backend = TestBackends.Make(TestBackends.F32);
        using var model = fixture.Build(backend, arena);
        fixture.Gradients(model, backend, arena, Engine.Autograd.Keep.Saved, fixture.Ids.Length, [0, 1, 2]);
        new AdamW(model.Weights, backend, new AdamWOptions()).Step(1e-2, 1, 1);
        var tuned = fixture.Logits(model.Decoder, null, backend, arena);

        ModelWriter.Save(temp.File("out"), fixture.Folder, info => model.Weights.Find(info.Name)!.Value, SafeTensorsType.F32);

        using var reopened = ModelFolder.Open(temp.File("out"));
        Assert.Equal(fixture.Folder.Spec.TiedHead, reopened.Config.TieWordEmbeddings);
        Assert.Equal(SafeTensorsType.F32, reopened.Config.WeightType);
        Assert.Equal(tuned, fixture.Logits(reopened.BuildFrozen(), null, backend, arena));
        Assert.NotEqual(tuned, fixture.Logits(fixture.Folder.BuildFrozen(), null, backend, arena));
        Assert.False(Directory.Exists(temp.File("out") + ".partial"));
    }

    /// <summary>A folder that says nothing of ties is written back with what was taken from its silence.</summary>
    [Fact]
    [Trait("SilentFailure", "14")]
    public void Tying_is_always_written()
    {
        using var temp = new TempFolder();
        CopyModel("llama-untied", temp.Path, keys => keys.Remove("tie_word_embeddings"));
        using var source = ModelFolder.Open(temp.Path);
        Assert.Null(source.Config.TieWordEmbeddings);
        ModelWriter.Save(temp.File("out"), source, source.Weight, SafeTensorsType.F32);
        Assert.False(HfConfig.ReadFolder(temp.File("out")).TieWordEmbeddings);
    }

    [Theory]
    [Trait("SilentFailure", "14")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_tied_model_whose_file_holds_another_head_is_an_error(bool same)
    {
        using var temp = new TempFolder();
        CopyModel("llama-untied", temp.Path, keys => keys["tie_word_embeddings"] = true);
        if (same)
            RewriteWeights(temp.Path, static (name, tensors) => tensors[name == "lm_head.weight" ? "model.embed_tokens.weight" : name]);
        if (same)
        {
            using var folder = ModelFolder.Open(temp.Path);
            Assert.Empty(folder.UnusedTensors);
            return;
        }
        var problem = Assert.Single(Assert.Throws<UserErrorException>(() => ModelFolder.Open(temp.Path)).Problems);
        Assert.Contains("lm_head.weight differs from model.embed_tokens.weight", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenizer_and_template_are_copied_byte_for_byte_and_the_configuration_keeps_its_keys()
    {
        using var temp = new TempFolder();
        CopyModel("llama-tied", temp.Path, static keys => keys["a_key_of_its_own"] = 17);
        string[] companions = ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json", "merges.txt"];
        foreach (var name in companions)
            File.WriteAllText(temp.File(name), $"contents of {name}\r\n\u00e9");
        File.WriteAllText(temp.File("pytorch_model.bin"), "no");
        using var source = ModelFolder.Open(temp.Path);
        ModelWriter.Save(temp.File("out"), source, source.Weight, SafeTensorsType.BF16);
        foreach (var name in companions)
            Assert.Equal(File.ReadAllBytes(temp.File(name)), File.ReadAllBytes(Path.Combine(temp.File("out"), name)));
        Assert.Equal(
            [.. companions.Append("config.json").Append("model.safetensors").Order(StringComparer.Ordinal)],
            Directory.EnumerateFiles(temp.File("out")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var config = HfConfig.ReadFolder(temp.File("out"));
        Assert.Equal(17, config.Keys.Int("a_key_of_its_own"));
        Assert.Equal(SafeTensorsType.BF16, config.WeightType);
        Assert.Equal(SafeTensorsType.F32, source.Config.WeightType);
    }

    [Theory]
    [InlineData(SafeTensorsType.BF16, 0x3F80_8000u, 0x3F80)] // between 3F80 and 3F81: to even
    [InlineData(SafeTensorsType.BF16, 0x3F81_8000u, 0x3F82)]
    [InlineData(SafeTensorsType.BF16, 0x3F80_8001u, 0x3F81)]
    [InlineData(SafeTensorsType.F16, 0x3F80_1000u, 0x3C00)] // 1 + 2^-11: to even
    [InlineData(SafeTensorsType.F16, 0x3F80_3000u, 0x3C02)]
    [InlineData(SafeTensorsType.F16, 0x3F80_1001u, 0x3C01)]
    public void Values_are_rounded_to_the_nearest_ties_to_even(SafeTensorsType type, uint bits, int expected)
    {
        var values = Tensor.Allocate(DType.F32, 1, 1);
        values.At<uint>(0, 0) = bits;
        using var stream = new MemoryStream();
        WeightEncoder.Write("w", values, type, byInputs: false, stream);
        Assert.Equal([(byte)expected, (byte)(expected >> 8)], stream.ToArray());
    }

    /// <summary>
    /// A model born in BF16 may hold what F16 cannot: it computes in F32, with a loss that is finite, and is never written as F16; nothing
    /// half written stays.
    /// </summary>
    [Fact]
    [Trait("SilentFailure", "10")]
    public void What_is_too_large_for_F16_runs_in_F32_and_is_not_written_as_F16()
    {
        using var temp = new TempFolder();
        using var fixture = new ModelFixture("llama-untied");
        ModelWriter.Save(temp.File("born"), fixture.Folder, info => info.Name == "model.norm.weight" ? Large(fixture.Folder.Weight(info)) : fixture.Folder.Weight(info), SafeTensorsType.BF16);
        using var born = ModelFolder.Open(temp.File("born"));
        using var arena = TestBackends.NewArena();
        var loss = TokenLosses.Measure(
            born.BuildFrozen(), null, [new Example([1, 2, 3, 4], [false, true, true, true], "rows", 1, 0)], 8, TestBackends.Make(TestBackends.Cpu), arena, TestContext.Current.CancellationToken);
        Assert.InRange(loss.Mean, 1000, 1e9);
        var problem = Assert.Throws<RunFailedException>(() => ModelWriter.Save(temp.File("narrow"), born, born.Weight, SafeTensorsType.F16)).Problem;
        Assert.Equal("model.norm.weight", problem.Place);
        Assert.Contains("F16 ends at", problem.Message, StringComparison.Ordinal);
        Assert.Contains("BF16", problem.Remedy, StringComparison.Ordinal);
        Assert.False(Directory.Exists(temp.File("narrow")));
        Assert.False(Directory.Exists(temp.File("narrow.partial")));

        static Tensor Large(Tensor like)
        {
            var large = Tensor.Allocate(DType.F32, like.Rows, like.Cols);
            for (var r = 0; r < like.Rows; r++)
                large.Row<float>(r).Fill(100_000);
            return large;
        }
    }

    /// <summary>A base in half precision computes, and trains its adapter, as the same values in F32.</summary>
    [Theory]
    [Trait("SilentFailure", "10")]
    [InlineData("llama-untied", SafeTensorsType.BF16, TestBackends.F32)]
    [InlineData("llama-untied", SafeTensorsType.F16, TestBackends.F32)]
    [InlineData("llama-untied", SafeTensorsType.BF16, TestBackends.Cpu)]
    [InlineData("llama-untied", SafeTensorsType.F16, TestBackends.Cpu)]
    [InlineData("gpt2-untied", SafeTensorsType.BF16, TestBackends.Cpu)]
    [InlineData("gpt2-untied", SafeTensorsType.F16, TestBackends.F32)]
    public void Half_precision_weights_compute_as_their_decoded_values(string name, SafeTensorsType type, string backendName)
    {
        using var temp = new TempFolder();
        using var fixture = new ModelFixture(name, "lora");
        ModelWriter.Save(temp.File("half"), fixture.Folder, fixture.Folder.Weight, type);
        using var half = ModelFolder.Open(temp.File("half"));
        ModelWriter.Save(temp.File("wide"), half, half.Weight, SafeTensorsType.F32);
        using var wide = ModelFolder.Open(temp.File("wide"));
        Assert.Equal(fixture.Folder.WeightBytes, 2 * half.WeightBytes);
        var (narrowed, decoded) = (Outcome(fixture, half, backendName), Outcome(fixture, wide, backendName));
        foreach (var (a, b) in decoded.Zip(narrowed))
            Numbers.Close([.. a.Select(static v => (float)v)], b, 1e-6, $"{type}");
    }

    /// <summary>Files of the bare model, without the prefix: the same model, and written back under the same names.</summary>
    [Theory]
    [InlineData("gpt2-tied", "transformer.")]
    [InlineData("qwen2-tied", "model.")]
    public void Files_of_the_bare_model_open_and_are_written_as_they_were(string name, string prefix)
    {
        using var temp = new TempFolder();
        using var fixture = new ModelFixture(name, "lora");
        using var arena = TestBackends.NewArena();
        var backend = TestBackends.Make(TestBackends.Cpu);
        CopyModel(name, temp.File("bare"), static _ => { });
        RenameWeights(temp.File("bare"), n => n[prefix.Length..], name == "gpt2-tied" ? "h.0.attn.bias" : "layers.0.self_attn.rotary_emb.inv_freq");
        using var bare = ModelFolder.Open(temp.File("bare"));
        Assert.Empty(bare.UnusedTensors);
        Assert.Equal(fixture.Folder.Fingerprint(), bare.Fingerprint());
        var adapters = PeftFiles.Load(fixture.AdapterFolder!, bare.BuildFrozen());
        Assert.All(adapters.All, a => Assert.StartsWith($"base_model.model.{prefix}", a.A.Name, StringComparison.Ordinal));

        Merger.Save(temp.File("merged"), bare, adapters, SafeTensorsType.F32, shardBytes: 30000);
        using var merged = ModelFolder.Open(temp.File("merged"));
        Numbers.Close(fixture.Values("logits"), fixture.Logits(merged.BuildFrozen(), null, backend, arena), 1e-4, "merged logits");
        using var files = SafeTensorsModel.Open(temp.File("merged"));
        Assert.Equal(fixture.Folder.Parameters.Select(p => p.Name[prefix.Length..]).Order(StringComparer.Ordinal), files.Entries.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_value_too_large_for_F16_is_an_error_and_leaves_nothing_behind()
    {
        using var temp = new TempFolder();
        using var source = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        var large = Tensor.Allocate(DType.F32, 1, 32);
        large.At<float>(0, 3) = 70000;
        var e = Assert.Throws<RunFailedException>(() => ModelWriter.Save(
            temp.File("out"), source, info => info.Name == "model.norm.weight" ? large : source.Weight(info), SafeTensorsType.F16));
        Assert.Contains("model.norm.weight", e.Message, StringComparison.Ordinal);
        Assert.Empty(temp.Names());
    }

    [Fact]
    public void Large_models_are_cut_into_shards_with_an_index()
    {
        using var temp = new TempFolder();
        using var fixture = new ModelFixture("llama-untied");
        ModelWriter.Save(temp.File("out"), fixture.Folder, fixture.Folder.Weight, SafeTensorsType.F32, shardBytes: 30000);
        var files = Directory.EnumerateFiles(temp.File("out"), "*.safetensors").ToArray();
        Assert.True(files.Length > 1);
        Assert.All(files, static f => Assert.InRange(new FileInfo(f).Length, 1, 33000));
        using var reopened = ModelFolder.Open(temp.File("out"));
        Assert.Equal(fixture.Folder.Fingerprint(), reopened.Fingerprint());
        Assert.Equal(fixture.Folder.WeightBytes, JsonView.Read(Path.Combine(temp.File("out"), "model.safetensors.index.json")).RequiredObject("metadata").RequiredInt("total_size"));

        // Over it, in one file: nothing of the shards is left to be read by mistake.
        ModelWriter.Save(temp.File("out"), fixture.Folder, fixture.Folder.Weight, SafeTensorsType.F32);
        Assert.Equal(["config.json", "model.safetensors"], Directory.EnumerateFiles(temp.File("out")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Everything_that_a_folder_lacks_is_said_at_once()
    {
        using var temp = new TempFolder();
        CopyModel("llama-untied", temp.Path, static keys => keys["intermediate_size"] = 64);
        var e = Assert.Throws<UserErrorException>(() => ModelFolder.Open(temp.Path));
        Assert.Equal(6, e.Problems.Count);
        Assert.All(e.Problems, static p => Assert.Contains("_proj.weight has shape", p.Message, StringComparison.Ordinal));
    }

    // Logits, and the gradients of an adapter.
    private static double[][] Outcome(ModelFixture fixture, ModelFolder folder, string backendName)
    {
        using var arena = TestBackends.NewArena();
        var backend = TestBackends.Make(backendName);
        using var model = TrainingModel.Build(folder, new TuningMethod(PeftFiles.ReadOptions(fixture.AdapterFolder!), false, 0), backend, arena);
        PeftFiles.ReadInto(fixture.AdapterFolder!, model.Adapters!);
        fixture.Gradients(model, backend, arena, Engine.Autograd.Keep.Saved, fixture.Ids.Length, [0, 1, 2]);
        return [fixture.Logits(model.Decoder, model.Adapters, backend, arena), .. model.Weights.Parameters.Select(static p => Numbers.Of(p.Grad!))];
    }

    private static void CopyModel(string name, string folder, Action<JsonObject> change)
    {
        var config = JsonView.Read(ModelFixture.PathOf(name, "config.json"));
        change(config.Json);
        HfConfig.From(config).WriteFolder(folder);
        File.Copy(ModelFixture.PathOf(name, "model.safetensors"), Path.Combine(folder, "model.safetensors"));
    }

    // The same tensors under other names, and one more that no weight needs.
    private static void RenameWeights(string folder, Func<string, string> rename, string more)
    {
        var path = Path.Combine(folder, "model.safetensors");
        Dictionary<string, (SafeTensorsDeclaration Declaration, byte[] Bytes)> tensors;
        using (var file = SafeTensorsFile.Open(path))
            tensors = file.Entries.Values.ToDictionary(e => rename(e.Name), e => (new SafeTensorsDeclaration(rename(e.Name), e.Type, e.Shape), file.ReadBytes(e)));
        tensors.Add(more, (new SafeTensorsDeclaration(more, SafeTensorsType.U8, [1, 1, 4, 4]), new byte[16]));
        SafeTensorsWriter.Write(path, tensors.Values.Select(static t => t.Declaration), (declared, stream) => stream.Write(tensors[declared.Name].Bytes));
    }

    private static void RewriteWeights(string folder, Func<string, Dictionary<string, byte[]>, byte[]> values)
    {
        var path = Path.Combine(folder, "model.safetensors");
        List<SafeTensorsDeclaration> declarations;
        Dictionary<string, byte[]> tensors;
        using (var file = SafeTensorsFile.Open(path))
        {
            declarations = [.. file.Entries.Values.Select(static e => new SafeTensorsDeclaration(e.Name, e.Type, e.Shape))];
            tensors = file.Entries.Values.ToDictionary(static e => e.Name, file.ReadBytes);
        }
        SafeTensorsWriter.Write(path, declarations, (declared, stream) => stream.Write(values(declared.Name, tensors)));
    }
}
