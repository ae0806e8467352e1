using System.Text;
using System.Text.Json.Nodes;
using Attune.Engine;
using Attune.Formats;
using Attune.Formats.Gguf;
using Attune.Problems;

namespace Attune.Models.Gguf;

/// <summary>Makes of a GGUF file's metadata the small files that a Hugging Face folder has.</summary>
internal static class GgufModelFiles
{
    /// <summary>config.json, generation_config.json, the tokenizer's files, the chat template.</summary>
    /// <exception cref="UserErrorException">The file holds no whole model, or one that Attune does not know.</exception>
    public static ModelFiles Of(GgufFile file)
    {
        if (file.Metadata.String("general.type") is { } type and not "model")
            throw new UserErrorException(file.Path, $"holds an {type}, not a model", "give the model's file with --model");
        var architecture = GgufArchitectures.Of(file.Metadata);
        var tokenizer = new GgufTokenizerReader(file.Metadata);
        var files = tokenizer.Files();
        var config = Config(file, architecture, tokenizer);
        files[HfConfig.FileName] = Encoding.UTF8.GetBytes(config.ToJsonString());
        int[] ends = [.. new[] { tokenizer.Id("eos"), tokenizer.Id("eot"), tokenizer.Id("eom") }.OfType<int>().Distinct()];
        if (ends.Length > 0)
            files[GenerationConfig.FileName] = Encoding.UTF8.GetBytes(new JsonObject { ["eos_token_id"] = new JsonArray([.. ends.Select(static id => (JsonNode)id)]) }.ToJsonString());
        return ModelFiles.Made(file.Path, files);
    }

    private static JsonObject Config(GgufFile file, GgufArchitecture architecture, GgufTokenizerReader tokenizer)
    {
        var embedding = architecture.Path(ModulePart.Embedding, 0) + ".weight";
        if (!file.Tensors.TryGetValue(embedding, out var table))
            throw new UserErrorException(file.Path, $"has no tensor {embedding}", "use a file that holds a whole model, not a vocabulary alone");
        if (table.Shape[0] > int.MaxValue)
            throw new UserErrorException(file.Path, $"has a vocabulary of {table.Shape[0]} tokens", "the file is damaged: copy or download it again");
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(architecture.ClassName),
            ["model_type"] = architecture.ModelType,
            ["vocab_size"] = (int)table.Shape[0],
        };
        foreach (var (key, value) in architecture.ReadConfig(new GgufKeys(architecture.Name, file)))
            config[key] = value?.DeepClone();
        config["tie_word_embeddings"] = !file.Tensors.ContainsKey(architecture.Path(ModulePart.Head, 0) + ".weight");
        config["bos_token_id"] = tokenizer.Id("bos");
        config["eos_token_id"] = tokenizer.Id("eos");
        config["torch_dtype"] = table.Type.Type switch { DType.F32 => "float32", DType.F16 => "float16", _ => "bfloat16" };
        return config;
    }
}
