using System.Text.Json.Nodes;
using Attune.Adapters;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Attune.Tests.Formats;
using Attune.Tests.Models;

namespace Attune.Tests.Adapters;

/// <summary>What is on disk is what PEFT reads and writes.</summary>
public class PeftFilesTests
{
    public static TheoryData<string> Models => ModelFixture.Models;

    [Theory]
    [MemberData(nameof(Models))]
    public void Saved_tensors_have_PEFTs_names_shapes_types_and_the_same_bits(string name)
    {
        using var temp = new TempFolder();
        using var folder = ModelFolder.Open(ModelFixture.PathOf(name));
        var adapters = PeftFiles.Load(ModelFixture.PathOf(name, "lora"), folder.BuildFrozen());
        PeftFiles.Save(temp.Path, adapters, "some/base");
        using var theirs = SafeTensorsFile.Open(ModelFixture.PathOf(name, "lora", "adapter_model.safetensors"));
        using var ours = SafeTensorsFile.Open(temp.File("adapter_model.safetensors"));
        Assert.Equal(theirs.Entries.Keys.Order(StringComparer.Ordinal), ours.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("pt", ours.Metadata["format"]);
        foreach (var entry in theirs.Entries.Values)
        {
            var own = ours.Entries[entry.Name];
            Assert.Equal(SafeTensorsType.F32, own.Type);
            Assert.Equal(entry.Shape, own.Shape);
            Assert.Equal(theirs.ReadBytes(entry), ours.ReadBytes(own));
        }
    }

    [Theory]
    [Trait("SilentFailure", "22")]
    [MemberData(nameof(Models))]
    public void The_configuration_is_sorted_indented_by_two_and_its_alpha_is_integral(string name)
    {
        using var temp = new TempFolder();
        using var folder = ModelFolder.Open(ModelFixture.PathOf(name));
        var adapters = PeftFiles.Load(ModelFixture.PathOf(name, "lora"), folder.BuildFrozen());
        PeftFiles.Save(temp.Path, adapters, "some/base");
        var text = File.ReadAllText(temp.File("adapter_config.json"));
        var lines = text.Split('\n');
        Assert.Contains("  \"lora_alpha\": 8,", lines);
        Assert.Contains("  \"r\": 4,", lines);
        Assert.Contains("  \"base_model_name_or_path\": \"some/base\",", lines);
        Assert.DoesNotContain('\r', text);
        var ours = JsonView.Read(temp.File("adapter_config.json")).Json;
        Assert.Equal(ours.Select(static p => p.Key).Order(StringComparer.Ordinal), ours.Select(static p => p.Key));
        // Every key that PEFT wrote is there with PEFT's value, but for the path.
        var theirs = JsonView.Read(ModelFixture.PathOf(name, "lora", "adapter_config.json")).Json;
        foreach (var (key, value) in theirs.Where(static p => p.Key is not "base_model_name_or_path" and not "lora_dropout"))
        {
            Assert.True(ours.ContainsKey(key), key);
            Assert.True(JsonNode.DeepEquals(value, ours[key]), $"{key}: {ours[key]?.ToJsonString()}, PEFT has {value?.ToJsonString()}");
        }
        Assert.Equal(0, ours["lora_dropout"]!.GetValue<double>());
    }

    [Fact]
    public void Every_option_survives_saving_and_loading()
    {
        using var temp = new TempFolder();
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        var options = new LoraOptions
        {
            Rank = 6,
            Alpha = 24,
            Dropout = 0.05f,
            RankStabilised = true,
            Targets = LayerTargets.Matching(@".*\.(q|v)_proj"),
            RankPattern = new Dictionary<string, int> { ["layers.1.self_attn.q_proj"] = 3 },
            AlphaPattern = new Dictionary<string, int> { ["v_proj"] = 7 },
        };
        var made = options.Attach(folder.BuildFrozen(), AdapterSet.Allocate);
        PeftFiles.Save(temp.Path, made, "base");
        var read = PeftFiles.Load(temp.Path, folder.BuildFrozen());
        var own = Assert.IsType<LoraOptions>(read.Options);
        Assert.Equal((6, 24, 0.05f, true), (own.Rank, own.Alpha, own.Dropout, own.RankStabilised));
        Assert.Equal(options.Targets.Expression, own.Targets.Expression);
        Assert.Equal(options.RankPattern, own.RankPattern);
        Assert.Equal(options.AlphaPattern, own.AlphaPattern);
        Assert.Equal(made.All.Select(static a => (a.Layer.Path, a.A.Value.Rows)), read.All.Select(static a => (a.Layer.Path, a.A.Value.Rows)));
    }

    [Fact]
    public void All_linear_is_written_out()
    {
        using var temp = new TempFolder();
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        var made = new LoraOptions().Attach(folder.BuildFrozen(), AdapterSet.Allocate);
        PeftFiles.Save(temp.Path, made, "base");
        Assert.Equal(
            ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"],
            JsonView.Read(temp.File("adapter_config.json")).Strings("target_modules"));
    }

    /// <summary>Blocks by their index, as PEFT's layers_to_transform says it; beside an expression PEFT takes none, and every layer is named.</summary>
    [Theory]
    [InlineData("q_proj,v_proj", "[\"q_proj\",\"v_proj\"]", "[1]", 2)]
    [InlineData("all-linear", "[\"down_proj\",\"gate_proj\",\"k_proj\",\"o_proj\",\"q_proj\",\"up_proj\",\"v_proj\"]", "[1]", 7)]
    [InlineData("mlp.*_proj", "[\"model.layers.1.mlp.gate_proj\",\"model.layers.1.mlp.up_proj\",\"model.layers.1.mlp.down_proj\"]", "null", 3)]
    public void Some_blocks_are_written_as_PEFT_reads_them_and_read_back(string words, string modules, string layers, int count)
    {
        using var temp = new TempFolder();
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        var options = new LoraOptions { Targets = LayerTargets.Of(words.Split(',')).InBlocks([1]) };
        var made = options.Attach(folder.BuildFrozen(), AdapterSet.Allocate);
        Assert.Equal(count, made.All.Count);
        Assert.All(made.All, static a => Assert.Contains(".layers.1.", a.Layer.Path, StringComparison.Ordinal));
        PeftFiles.Save(temp.Path, made, "base");
        var json = JsonView.Read(temp.File("adapter_config.json")).Json;
        Assert.Equal(modules, json["target_modules"]!.ToJsonString());
        Assert.Equal(layers, json["layers_to_transform"]?.ToJsonString() ?? "null");
        Assert.Equal(made.All.Select(static a => a.Layer.Path), PeftFiles.Load(temp.Path, folder.BuildFrozen()).All.Select(static a => a.Layer.Path));
    }

    [Theory]
    [InlineData("1", "null", 7)]
    [InlineData("[0, 1]", "\"layers\"", 14)]
    [InlineData("[0]", "[\"h\", \"layers\"]", 7)]
    public void Indices_of_blocks_are_read_in_every_spelling(string layers, string containers, int count)
    {
        using var temp = new TempFolder();
        Configure(temp, json => (json["layers_to_transform"], json["layers_pattern"]) = (JsonNode.Parse(layers), JsonNode.Parse(containers)));
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        var made = PeftFiles.ReadOptions(temp.Path).Attach(folder.BuildFrozen(), AdapterSet.Allocate);
        Assert.Equal(count, made.All.Count);
        Assert.Empty(PeftFiles.UnknownKeys(temp.Path));
    }

    [Theory]
    [InlineData("layers_to_transform", "[0]", "\".*q_proj\"")]
    public void Indices_of_blocks_beside_an_expression_are_refused(string key, string value, string modules)
    {
        using var temp = new TempFolder();
        Configure(temp, json => (json[key], json["target_modules"]) = (JsonNode.Parse(value), JsonNode.Parse(modules)));
        Assert.Contains(key, Assert.Throws<UserErrorException>(() => PeftFiles.ReadOptions(temp.Path)).Problems[0].Place, StringComparison.Ordinal);
    }

    /// <summary>Missing, superfluous and misshapen tensors are all named at once.</summary>
    [Fact]
    [Trait("SilentFailure", "12")]
    public void Tensors_that_do_not_fit_are_all_named()
    {
        using var temp = new TempFolder();
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        const string layer = "base_model.model.model.layers.0.self_attn.";
        Damage(temp, static declared => declared.Name switch
        {
            layer + "q_proj.lora_A.weight" => null,
            layer + "k_proj.lora_B.weight" => declared with { Shape = [declared.Shape[0] + 1, declared.Shape[1]] },
            layer + "v_proj.lora_A.weight" => declared with { Name = "base_model.model.lm_head.lora_A.weight" },
            _ => declared,
        });
        var e = Assert.Throws<UserErrorException>(() => PeftFiles.Load(temp.Path, folder.BuildFrozen()));
        Assert.Equal(4, e.Problems.Count);
        Assert.Contains(e.Problems, static p => p.Message == layer + "q_proj.lora_A.weight is missing");
        Assert.Contains(e.Problems, static p => p.Message.StartsWith(layer + "k_proj.lora_B.weight has shape [17, 4]", StringComparison.Ordinal) && p.Message.EndsWith("[16, 4]", StringComparison.Ordinal));
        Assert.Contains(e.Problems, static p => p.Message == layer + "v_proj.lora_A.weight is missing");
        Assert.Contains(e.Problems, static p => p.Message.StartsWith("base_model.model.lm_head.lora_A.weight belongs to no layer", StringComparison.Ordinal));
        Assert.All(e.Problems, static p => Assert.NotEmpty(p.Remedy));
    }

    [Theory]
    [InlineData("peft_type", "\"VERA\"")]
    [InlineData("peft_type", "null")]
    [InlineData("init_lora_weights", "\"pissa_niter_4\"")]
    [InlineData("bias", "\"all\"")]
    [InlineData("modules_to_save", "[\"lm_head\"]")]
    [InlineData("layers_to_transform", "[-1]")]
    [InlineData("layers_to_transform", "\"last\"")]
    [InlineData("exclude_modules", "[\"q_proj\"]")]
    [InlineData("target_modules", "[]")]
    [InlineData("target_modules", "null")]
    [InlineData("target_modules", "\"(\"")]
    [InlineData("rank_pattern", "{\"(\": 3}")]
    [InlineData("rank_pattern", "{\"q_proj\": 0}")]
    [InlineData("lora_alpha", "1.5")]
    [InlineData("r", "0")]
    [InlineData("r", "1000000000")]
    [InlineData("lora_dropout", "2")]
    public void What_Attune_cannot_apply_is_an_error_that_names_the_key(string key, string value)
    {
        using var temp = new TempFolder();
        Configure(temp, json => json[key] = JsonNode.Parse(value));
        var e = Assert.Throws<UserErrorException>(() => PeftFiles.ReadOptions(temp.Path));
        Assert.Contains(key, e.Problems[0].Place, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_keys_are_reported_and_do_not_hinder_loading()
    {
        using var temp = new TempFolder();
        Configure(temp, static json =>
        {
            json["a_new_key"] = 3;
            json["another"] = null;
        });
        Assert.Equal(["a_new_key"], PeftFiles.UnknownKeys(temp.Path));
        Assert.Empty(PeftFiles.UnknownKeys(ModelFixture.PathOf("llama-tied", "lora")));
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        File.Copy(ModelFixture.PathOf("llama-tied", "lora", "adapter_model.safetensors"), temp.File("adapter_model.safetensors"));
        Assert.Equal(14, PeftFiles.Load(temp.Path, folder.BuildFrozen()).All.Count);
    }

    [Fact]
    public void What_Attune_writes_holds_no_key_that_it_does_not_know()
    {
        using var temp = new TempFolder();
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        PeftFiles.Save(temp.Path, PeftFiles.Load(ModelFixture.PathOf("llama-tied", "lora"), folder.BuildFrozen()), "base");
        Assert.True(PeftFiles.IsAdapter(temp.Path));
        Assert.Empty(PeftFiles.UnknownKeys(temp.Path));
    }

    private static void Configure(TempFolder temp, Action<JsonObject> change)
    {
        var view = JsonView.Read(ModelFixture.PathOf("llama-tied", "lora", "adapter_config.json"));
        change(view.Json);
        File.WriteAllText(temp.File("adapter_config.json"), view.ToText());
    }

    private static void Damage(TempFolder temp, Func<SafeTensorsDeclaration, SafeTensorsDeclaration?> change)
    {
        Configure(temp, static _ => { });
        using var file = SafeTensorsFile.Open(ModelFixture.PathOf("llama-tied", "lora", "adapter_model.safetensors"));
        var declared = file.Entries.Values.Select(e => change(new SafeTensorsDeclaration(e.Name, e.Type, e.Shape))).OfType<SafeTensorsDeclaration>();
        SafeTensorsWriter.Write(temp.File("adapter_model.safetensors"), declared, static (d, stream) => stream.Write(new byte[d.ByteLength]));
    }
}
