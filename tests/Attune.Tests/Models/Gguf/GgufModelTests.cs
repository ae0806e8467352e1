using Attune.Adapters;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Formats;
using Attune.Formats.Gguf;
using Attune.Models;
using Attune.Models.Gguf;
using Attune.Problems;
using Attune.Text;
using Attune.Training;

namespace Attune.Tests.Models.Gguf;

/// <summary>GGUF files are models: the same logits as the folder that they were written from, tuned like it, written back as it.</summary>
public sealed class GgufModelTests : IDisposable
{
    private readonly GgufModels models = new();

    // gpt2-untied computes the exact GELU, which llama.cpp does not: refused below.
    public static TheoryData<string> Fixtures => ["gpt2-tied", "llama-tied", "llama-untied", "mistral", "qwen2-tied", "qwen2-untied", "qwen3"];

    public void Dispose() => models.Dispose();

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void An_F32_file_gives_the_folders_logits(string name)
    {
        using var fixture = new ModelFixture(name);
        using var arena = TestBackends.NewArena();
        var backend = TestBackends.Make(TestBackends.F32);
        var file = models.Gguf(models.Folder(name), "f32");
        Assert.Equal(fixture.Folder.Spec.WithoutWindows, file.Spec);
        Assert.Empty(file.UnusedTensors);
        var logits = fixture.Logits(file.BuildFrozen(), null, backend, arena);
        Numbers.Close(fixture.Values("logits"), logits, 1e-4, "logits");
        // GPT-2's weights lie by inputs in its folders and by outputs here: sums in another order.
        if (!fixture.Folder.Family.Names.LinearsByInputs)
            Assert.Equal(fixture.Logits(fixture.Folder.BuildFrozen(), null, backend, arena), logits);
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void A_file_written_back_is_the_folder(string name)
    {
        var folder = models.Folder(name);
        var file = models.Gguf(folder, "f32");
        ModelWriter.Save(models.File("back"), file, file.Weight, SafeTensorsType.F32);
        using var back = ModelFolder.Open(models.File("back"));
        Assert.Equal(folder.Spec.WithoutWindows, back.Spec);
        Assert.Equal(folder.Spec.TiedHead, back.Config.TieWordEmbeddings);
        foreach (var info in folder.Parameters)
            Assert.Equal(folder.Weight(info).ToArray(), back.Weight(info).ToArray());
        var (before, after) = (Tokenizer.Load(folder.Files), Tokenizer.Load(back.Files));
        Assert.Equal(before.Encode("一丁一", false).Ids, after.Encode("一丁一", false).Ids);
    }

    /// <summary>The adapter on a file in blocks trains as it does on the very numbers that the blocks say.</summary>
    [Theory]
    [InlineData("llama-tied", "q8_0")]
    [InlineData("llama-untied", "q4_0")]
    [InlineData("llama-tied", "q4_k_m")]
    [InlineData("qwen2-untied", "q8_0")]
    [InlineData("gpt2-tied", "q8_0")]
    public void A_base_in_blocks_is_tuned_as_its_decoded_numbers_are(string name, string mixture)
    {
        using var fixture = new ModelFixture(name, "lora");
        var file = models.Gguf(models.Folder(name), mixture);
        Assert.Contains(file.Parameters, i => file.Weight(i).Type.BlockElements() > 1);
        ModelWriter.Save(models.File("decoded"), file, file.Weight, SafeTensorsType.F32);
        using var decoded = ModelFolder.Open(models.File("decoded"));
        double[] Gradients(ModelFolder folder)
        {
            using var arena = TestBackends.NewArena();
            var backend = TestBackends.Make(TestBackends.F32);
            using var model = TrainingModel.Build(folder, new TuningMethod(PeftFiles.ReadOptions(fixture.AdapterFolder!), false, 0), backend, arena);
            PeftFiles.ReadInto(fixture.AdapterFolder!, model.Adapters!);
            fixture.Gradients(model, backend, arena, Keep.Saved, fixture.Ids.Length, [0, 1, 2]);
            return [.. model.Weights.Buckets.SelectMany(static b => b.Gradients.ToArray()).Select(static g => (double)g)];
        }

        var (blocks, floats) = (Gradients(file), Gradients(decoded));
        Assert.Contains(blocks, static g => g != 0);
        Numbers.Close([.. floats.Select(static g => (float)g)], blocks, 1e-5, "gradients");
    }

    [Fact]
    public void A_function_that_llama_cpp_does_not_compute_is_refused() =>
        Assert.Contains("llama.cpp computes GeluTanh", Assert.Throws<UserErrorException>(() => models.Gguf(models.Folder("gpt2-untied"), "f32")).Message, StringComparison.Ordinal);

    /// <summary>Files made by another writer: logits and greedy ids of reference.json, and every byte of our own file's weights.</summary>
    [Theory]
    [InlineData("stories260K", "F32", "f32", 1e-4)]
    [InlineData("tinystories-656K", "F32", "f32", 1e-4)]
    [InlineData("tinystories-656K", "Q8_0", "q8_0", 0.03)]
    public void Real_files_give_the_references_numbers(string name, string type, string mixture, double tolerance)
    {
        using var story = new StoryModelTests.Story(name);
        using var file = ModelFolder.Open(SharedData.Require("models", name, $"{name}-{type}.gguf"));
        using var arena = TestBackends.NewArena();
        var backend = TestBackends.Make(TestBackends.F32);
        var expected = story.Reference.GetProperty("full_logits_last_position");
        int[] ids = [.. expected.GetProperty("prompt_ids").EnumerateArray().Select(static e => e.GetInt32())];
        using (var tape = new Tape(backend, arena, record: false))
        {
            var logits = file.BuildFrozen().Logits(tape, Pass.Packed([ids.Length]), ids, [ids.Length - 1]);
            Numbers.Close([.. expected.GetProperty("logits").EnumerateArray().Select(static e => e.GetSingle())], Numbers.Of(logits), tolerance, "logits");
        }
        var tokenizer = Tokenizer.Load(file.Files);
        foreach (var greedy in story.Reference.GetProperty("greedy").EnumerateArray())
        {
            var prompt = tokenizer.Encode(greedy.GetProperty("prompt").GetString()!, true).Ids;
            Assert.Equal(greedy.GetProperty("prompt_ids").EnumerateArray().Select(static e => e.GetInt32()), prompt);
            if (type != "F32")
                continue;
            var written = new Generator(file.BuildFrozen(), tokenizer, backend, arena, null).Generate(prompt, new GenerationOptions { MaxNewTokens = 64 }, cancel: TestContext.Current.CancellationToken);
            Assert.Equal(greedy.GetProperty("greedy_ids").EnumerateArray().Select(static e => e.GetInt32()), written.Ids);
        }
        var own = models.Gguf(story.Folder, mixture);
        using var theirs = GgufFile.Open(file.Path);
        using var ours = GgufFile.Open(own.Path);
        foreach (var tensor in theirs.Tensors.Values)
        {
            var (a, b) = (theirs.Map(tensor), ours.Map(ours.Tensors[tensor.Name]));
            Assert.Equal(tensor.Type, ours.Tensors[tensor.Name].Type);
            for (var r = 0; r < a.Rows; r++)
                Assert.True(a.RowBytes(r).SequenceEqual(b.RowBytes(r)), $"{tensor.Name}, row {r}");
        }
    }

    /// <summary>The order of the rows, by hand for a head of 4: Hugging Face's 0 1 2 3 are ggml's 0 2 1 3.</summary>
    [Fact]
    public void Rows_are_reordered_within_heads()
    {
        Assert.Equal([0, 2, 1, 3, 4, 6, 5, 7], Enumerable.Range(0, 8).Select(static r => RotaryRows.ToFolder(r, 4)));
        foreach (var size in new[] { 2, 4, 8, 64 })
            Assert.Equal(Enumerable.Range(0, 3 * size), Enumerable.Range(0, 3 * size).Select(r => RotaryRows.ToFile(RotaryRows.ToFolder(r, size), size)));
    }

    /// <summary>The choice of llama.cpp's quantiser for 4 and for 32 blocks, worked out from its source; narrow rows fall back as there.</summary>
    [Theory]
    [InlineData("q4_k_m", 4, 256, "V2 V3 D2 D3 H")]
    [InlineData("q4_k_m", 32, 256, "V0 V1 V2 V3 V6 V9 V12 V15 V18 V21 V24 V27 V28 V29 V30 V31 D0 D1 D2 D3 D6 D9 D12 D15 D18 D21 D24 D27 D28 D29 D30 D31 H")]
    public void Q4_K_M_gives_more_bits_where_llama_cpp_does(string name, int blocks, int cols, string expected)
    {
        var mixture = GgufMixture.All.Single(m => m.Name == name);
        var six = new List<string>();
        foreach (var (part, letter) in new[] { (ModulePart.Value, 'V'), (ModulePart.Down, 'D') })
            six.AddRange(Enumerable.Range(0, blocks).Where(b => mixture.TypeOf(part, cols, b, blocks, true) == DType.Q6_K).Select(b => $"{letter}{b}"));
        six.Add("H");
        Assert.Equal(expected, string.Join(' ', six));
        Assert.Equal(DType.Q6_K, mixture.TypeOf(ModulePart.Embedding, cols, 0, blocks, tied: true));
        Assert.Equal(DType.Q4_K, mixture.TypeOf(ModulePart.Embedding, cols, 0, blocks, tied: false));
        Assert.Equal(DType.Q4_K, mixture.TypeOf(ModulePart.Query, cols, 0, blocks, tied: true));
        Assert.Equal(DType.Q5_0, mixture.TypeOf(ModulePart.Query, 96, 0, blocks, tied: true));
        Assert.Equal(DType.Q8_0, mixture.TypeOf(ModulePart.Head, 96, 0, blocks, tied: false));
        Assert.Equal(DType.F16, mixture.TypeOf(ModulePart.Query, 100, 0, blocks, tied: true));
    }

    /// <summary>Llama 3's scaling goes through the file as divisors, and comes back as the four numbers.</summary>
    [Fact]
    public void Llama_3_scaling_survives()
    {
        var folder = models.Folder("llama-tied");
        using var scaled = ScaledAsLlama3(folder);
        var file = models.Gguf(scaled, "f16");
        Assert.Equal(scaled.Spec.Rope, file.Spec.Rope);
        Assert.NotEqual(folder.Spec.Rope, file.Spec.Rope);
        Assert.Empty(file.UnusedTensors);
    }

    [Fact]
    public void Llama_3_scaling_of_another_architecture_is_refused()
    {
        using var scaled = ScaledAsLlama3(models.Folder("qwen2-tied"));
        Assert.Contains("not that of qwen2", Assert.Throws<UserErrorException>(() => models.Gguf(scaled, "f16")).Message, StringComparison.Ordinal);
    }

    private static ModelFolder ScaledAsLlama3(ModelFolder folder)
    {
        var config = Path.Combine(folder.Path, "config.json");
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(config))!;
        json["rope_theta"] = 500000.0;
        json["rope_scaling"] = System.Text.Json.Nodes.JsonNode.Parse("""{"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}""");
        File.WriteAllText(config, json.ToJsonString());
        return ModelFolder.Open(folder.Path);
    }

    /// <summary>One factor for all frequencies, under whichever of its keys: llama.cpp takes a factor without a type as linear.</summary>
    [Theory]
    [InlineData(4, "llama.rope.scaling.type=linear", "llama.rope.scaling.factor=4")]
    [InlineData(4, "llama.rope.scaling.factor=4")]
    [InlineData(4, "llama.rope.scale_linear=4")]
    [InlineData(1, "llama.rope.scaling.factor=0")]
    [InlineData(1, "llama.rope.scaling.factor=1", "llama.rope.scale_linear=4")]
    [InlineData(1, "llama.rope.scaling.type=none", "llama.rope.scaling.factor=4")]
    public void Linear_scaling_is_read_under_each_of_its_keys(double factor, params string[] keys)
    {
        var folder = models.Folder("llama-tied");
        using var file = Copy(folder, "scaled.gguf", keys, []);
        Assert.Equal(folder.Spec.Rope!.Frequencies(8).Select(f => (float)(f / factor)), file.Spec.Rope!.Frequencies(8));
        if (factor == 1)
            return;
        // And written again, as a folder and as a file.
        ModelWriter.Save(models.File("again"), file, file.Weight, SafeTensorsType.F32);
        using var again = ModelFolder.Open(models.File("again"));
        Assert.Equal(file.Spec.Rope, again.Spec.Rope);
        Assert.Equal(file.Spec.Rope, models.Gguf(again, "f32").Spec.Rope);
    }

    [Theory]
    [InlineData("llama.rope.scaling.factor=-2")]
    [InlineData("llama.rope.scaling.type=longrope")]
    [InlineData("llama.rope.scaling.type=yarn", "llama.rope.scaling.factor=4")]
    public void Other_scalings_are_refused(params string[] keys)
    {
        var refused = Assert.Throws<UserErrorException>(() => Copy(models.Folder("llama-tied"), "scaled.gguf", keys, []));
        Assert.Contains(keys[0].Split('=')[0], refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A tensor in the family's own words beside the one that GGUF calls so.</summary>
    [Fact]
    public void A_weight_under_two_names_is_refused()
    {
        var refused = Assert.Throws<UserErrorException>(() => Copy(models.Folder("llama-tied"), "twice.gguf", [], [new("model.norm.weight", DType.F32, [32])]));
        Assert.Contains("twice.gguf", refused.Message, StringComparison.Ordinal);
        Assert.Contains("output_norm.weight", refused.Message, StringComparison.Ordinal);
        Assert.Contains("two names", refused.Message, StringComparison.Ordinal);
    }

    // The folder's file with more in it.
    private ModelFolder Copy(ModelFolder folder, string name, string[] keys, GgufDeclaration[] tensors)
    {
        var companions = new GgufCompanions("test", Tokenizer.Load(folder.Files), [], null);
        var path = models.File(name);
        models.Gguf(folder, "f32");
        using var source = GgufFile.Open(models.File($"{Path.GetFileName(folder.Path)}-f32.gguf"));
        GgufEntry Entry(string text) => text.Split('=') is [var key, var value] && float.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? new(key, number)
            : new(text.Split('=')[0], text.Split('=')[1]);
        var declared = source.Tensors.Values.Select(static t => new GgufDeclaration(t.Name, t.Type.Type!.Value, t.Shape)).ToArray();
        GgufWriter.Write(path, [.. GgufModelWriter.Metadata(folder, GgufMixture.All.Single(static m => m.Name == "f32"), companions), .. keys.Select(Entry)], [.. declared, .. tensors], (d, stream) =>
        {
            if (!source.Tensors.TryGetValue(d.Name, out var tensor))
            {
                stream.Write(new byte[d.ByteLength]);
                return;
            }
            var values = source.Map(tensor);
            for (var r = 0; r < values.Rows; r++)
                stream.Write(values.RowBytes(r));
        });
        return ModelFolder.Open(path);
    }
}
