using System.Runtime.InteropServices;
using Attune.Engine;
using Attune.Formats;
using Attune.Models;
using Attune.Tests.Data;
using Attune.Text;

namespace Attune.Tests.Cli;

/// <summary>A folder with a random model of a few thousand weights, its tokenizer, and data: all that a command needs.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int Vocabulary = 264;

    public TinyModel(bool template = true)
    {
        Directory.CreateDirectory(Model);
        File.WriteAllText(Path.Combine(Model, "config.json"), $$"""
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": {{Vocabulary}}, "hidden_size": 16, "intermediate_size": 64,
             "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 96, "tie_word_embeddings": true,
             "torch_dtype": "float32", "initializer_range": 0.5}
            """);
        File.WriteAllText(Path.Combine(Model, "tokenizer.json"), TinyTokenizer.Json());
        File.WriteAllText(Path.Combine(Model, "tokenizer_config.json"), TinyTokenizer.Config);
        if (template)
            File.WriteAllText(Path.Combine(Model, "chat_template.jinja"), ChatTemplate.ChatMl.Source);
        using var folder = ModelFolder.OpenConfiguration(Model);
        var infos = folder.Parameters.ToDictionary(static i => i.Name);
        SafeTensorsWriter.Write(
            Path.Combine(Model, "model.safetensors"),
            infos.Values.Select(static i => new SafeTensorsDeclaration(i.Name, SafeTensorsType.F32, i.Shape)),
            (d, stream) =>
            {
                var info = infos[d.Name];
                var weight = Tensor.Allocate(DType.F32, info.Rows, info.Cols);
                StartingWeights.Fill(weight, info, folder.Config, RandomKey.OfSeed(7));
                for (var r = 0; r < weight.Rows; r++)
                    stream.Write(MemoryMarshal.AsBytes(weight.Row<float>(r)));
            });
        Write("train.jsonl", string.Concat(Enumerable.Range(0, 24).Select(static i => $"{{\"prompt\": \"q{i % 6}?\", \"completion\": \"a{i % 6}\"}}\n")));
        Write("test.jsonl", string.Concat(Enumerable.Range(0, 6).Select(static i => $"{{\"prompt\": \"q{i}!\", \"completion\": \"a{i}\"}}\n")));
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("attune-cli-").FullName;

    public string Model => At("model");

    public string At(string name) => Path.Combine(Root, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    /// <summary>A short run with everything on.</summary>
    public string[] Train(params string[] more) => TrainInto("run", more);

    /// <summary>The same into another folder.</summary>
    public string[] TrainInto(string output, params string[] more) =>
    [
        "train", "--model", Model, "--data", At("train.jsonl"), "--test", At("test.jsonl"), "--output", At(output), "--max-steps", "6", "--batch-tokens", "128",
        "--learning-rate", "0.01", "--eval-every", "2", "--eval-rows", "4", "--max-new-tokens", "6", "--general", "none", "--threads", "1", .. more,
    ];

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
