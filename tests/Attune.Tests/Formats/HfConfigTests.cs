using System.Text;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Tests.Formats;

public sealed class HfConfigTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static HfConfig Parse(string more) =>
        HfConfig.From(JsonView.Parse("config.json", Encoding.UTF8.GetBytes($$"""{"model_type":"llama","vocab_size":100{{more}}}""")));

    [Fact]
    public void Least_configuration()
    {
        var config = Parse("");
        Assert.Equal("llama", config.ModelType);
        Assert.Null(config.Architecture);
        Assert.Empty(config.EosTokenIds);
        Assert.Null(config.RopeTheta);
        Assert.Null(config.RopeScaling);
        Assert.Equal("default", config.RopeType);
    }

    [Theory]
    [InlineData(""","rope_theta":5e5,"rope_scaling":{"rope_type":"llama3","factor":8}""")]
    [InlineData(""","rope_theta":5e5,"rope_scaling":{"type":"llama3","factor":8.0}""")]
    [InlineData(""","rope_parameters":{"rope_theta":500000,"rope_type":"llama3","factor":8}""")]
    [InlineData(""","rope_theta":500000.0,"rope_scaling":null,"rope_parameters":{"rope_theta":500000,"rope_type":"llama3","factor":8}""")]
    public void Rope_in_the_old_and_in_the_new_place(string keys)
    {
        var config = Parse(keys);
        Assert.Equal(500000, config.RopeTheta);
        Assert.Equal("llama3", config.RopeType);
        Assert.Equal(8, config.RopeScaling!.RequiredDouble("factor"));
    }

    [Fact]
    public void Plain_rope_in_the_new_place_is_no_scaling()
    {
        var config = Parse(""","rope_parameters":{"rope_theta":1000,"rope_type":"default"}""");
        Assert.Equal(1000, config.RopeTheta);
        Assert.Null(config.RopeScaling);
    }

    [Fact]
    public void Two_places_that_disagree_are_an_error()
    {
        var error = Assert.Throws<UserErrorException>(() => Parse(""","rope_theta":10000,"rope_parameters":{"rope_theta":500000}"""));
        Assert.Equal("config.json, rope_theta: expected the 500000 of rope_parameters, found 10000 → keep one of the two", error.Message);
    }

    [Theory]
    [InlineData(""","eos_token_id":2""", new[] { 2 })]
    [InlineData(""","eos_token_id":[2,5]""", new[] { 2, 5 })]
    [InlineData(""","eos_token_id":null""", new int[0])]
    public void End_ids_are_one_or_a_list(string keys, int[] expected) => Assert.Equal(expected, Parse(keys).EosTokenIds);

    [Theory]
    [InlineData(""","eos_token_id":100""", "from 0 to 99, found 100")]
    [InlineData(""","eos_token_id":[2,-1]""", "eos_token_id[1]")]
    [InlineData(""","dtype":"int3" """, "\"int3\"")]
    [InlineData(""","architectures":"LlamaForCausalLM" """, "a list of strings")]
    [InlineData(""","rope_theta":0""", "rope_theta")]
    [InlineData(""","rope_scaling":3""", "expected an object")]
    public void Wrong_values_name_their_key(string keys, string expected) =>
        Assert.Contains(expected, Assert.Throws<UserErrorException>(() => Parse(keys)).Message, StringComparison.Ordinal);

    [Fact]
    public void Common_keys()
    {
        var config = Parse("""
            ,"architectures":["LlamaForCausalLM"],"dtype":"bfloat16","tie_word_embeddings":false,"bos_token_id":1,"pad_token_id":-1
            """);
        Assert.Equal("LlamaForCausalLM", config.Architecture);
        Assert.Equal(SafeTensorsType.BF16, config.WeightType);
        Assert.False(config.TieWordEmbeddings);
        Assert.Equal(1, config.BosTokenId);
        Assert.Null(config.PadTokenId);
        Assert.Equal(SafeTensorsType.F16, Parse(""","torch_dtype":"float16" """).WeightType);
    }

    [Fact]
    public void What_was_read_can_be_written_back()
    {
        const string text = "{\n  \"model_type\": \"llama\",\n  \"unknown\": {\n    \"x\": 1e-05\n  },\n  \"vocab_size\": 7\n}\n";
        File.WriteAllText(_folder.File("config.json"), text);
        HfConfig.ReadFolder(_folder.Path).WriteFolder(_folder.File("copy"));
        Assert.Equal(text, File.ReadAllText(_folder.File("copy/config.json")));
    }

    [Fact]
    public void Generation_settings()
    {
        var config = Parse(""","eos_token_id":2""");
        Assert.Equal([2], GenerationConfig.Read(ModelFiles.InFolder(_folder.Path), config).EosTokenIds);

        var path = _folder.File("generation_config.json");
        File.WriteAllText(path, """{"eos_token_id":[5,6],"do_sample":true,"temperature":0.7,"top_k":20,"top_p":0.8,"repetition_penalty":1.1}""");
        var read = GenerationConfig.Read(ModelFiles.InFolder(_folder.Path), config);
        Assert.Equal([5, 6], read.EosTokenIds);
        Assert.Equal((true, 0.7, 20, 0.8, 1.1), (read.DoSample, read.Temperature, read.TopK, read.TopP, read.RepetitionPenalty));

        File.WriteAllText(path, """{"top_p":1.5}""");
        var error = Assert.Throws<UserErrorException>(() => GenerationConfig.Read(ModelFiles.InFolder(_folder.Path), config));
        Assert.Contains("generation_config.json, top_p", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stories260K", 512)]
    [InlineData("tinystories-656K", 2048)]
    public void Real_models_open(string name, int vocabulary)
    {
        var folder = SharedData.Require("models", name);
        var config = HfConfig.ReadFolder(folder);
        Assert.Equal(("LlamaForCausalLM", vocabulary, SafeTensorsType.F32), (config.Architecture, config.VocabSize, config.WeightType));
        Assert.Equal([2], GenerationConfig.Read(ModelFiles.InFolder(folder), config).EosTokenIds);
        using var model = SafeTensorsModel.Open(folder);
        Assert.Equal([config.Keys.RequiredInt("hidden_size")], model.Entries["model.norm.weight"].Shape);
    }
}
