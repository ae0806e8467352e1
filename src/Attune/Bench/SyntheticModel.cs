using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Attune.Engine;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;

namespace Attune.Bench;

/// <summary>A model folder of a given shape with random weights: what speed and memory are measured on.</summary>
public static class SyntheticModel
{
    /// <summary>config.json by name; shapes of published models.</summary>
    public static IReadOnlyDictionary<string, string> Shapes { get; } = new Dictionary<string, string>
    {
        ["smollm2-135m"] = Config("llama", "LlamaForCausalLM", 49152, 576, 1536, 30, 9, 3),
        ["qwen2.5-0.5b"] = Config("qwen2", "Qwen2ForCausalLM", 151936, 896, 4864, 24, 14, 2),
        ["tiny15m"] = Config("llama", "LlamaForCausalLM", 32000, 288, 768, 6, 6, 6),
        ["llama-3.2-1b"] = Config("llama", "LlamaForCausalLM", 128256, 2048, 8192, 16, 32, 8),
        // Phi-3-mini's sizes in Llama's blocks.
        ["llama-3.8b"] = Config("llama", "LlamaForCausalLM", 32064, 3072, 8192, 32, 32, 32, tied: false),
    };

    private const long DefaultShardBytes = 2_000_000_000;

    /// <summary>Makes the folder if it is not there yet.</summary>
    /// <param name="root">Where folders of shapes are.</param>
    /// <param name="shape">One of <see cref="Shapes"/>.</param>
    /// <param name="type">F32 or BF16: how the file holds the weights.</param>
    /// <param name="shardBytes">Bytes of weights a file at the most, if one weight is not longer.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="UserErrorException">There is no such shape, or the type is another.</exception>
    public static string Make(string root, string shape, SafeTensorsType type, long shardBytes = DefaultShardBytes)
    {
        if (!Shapes.ContainsKey(shape))
            throw new UserErrorException($"shape {shape}", $"is not known; there are {string.Join(", ", Shapes.Keys)}", Nearest.To(shape, Shapes.Keys) is { } near ? $"did you mean {near}?" : "give one of these, or the folder of a model");
        if (type is not (SafeTensorsType.F32 or SafeTensorsType.BF16))
            throw new UserErrorException($"weights {type}", "random weights are written as F32 or BF16", "give one of the two");
        var folder = Path.Combine(root, $"{shape}-{type}");
        if (File.Exists(Path.Combine(folder, SafeTensorsModel.SingleName)) || File.Exists(Path.Combine(folder, SafeTensorsModel.IndexName)))
            return folder;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, HfConfig.FileName), Shapes[shape]);
        using var model = ModelFolder.OpenConfiguration(folder);
        WriteWeights(folder, model.Parameters, type, shardBytes);
        return folder;
    }

    // Row by row: a model that would not fit into memory is written in next to none.
    private static void WriteWeights(string folder, IReadOnlyList<ParameterInfo> all, SafeTensorsType type, long shardBytes)
    {
        var shards = new List<List<ParameterInfo>>();
        long filled = 0;
        foreach (var info in all)
        {
            var bytes = (long)info.Rows * info.Cols * type.ByteSize();
            if (shards.Count == 0 || filled + bytes > shardBytes)
            {
                shards.Add([]);
                filled = 0;
            }
            shards[^1].Add(info);
            filled += bytes;
        }
        string NameOf(int shard) => shards.Count == 1
            ? SafeTensorsModel.SingleName
            : string.Create(CultureInfo.InvariantCulture, $"model-{shard + 1:D5}-of-{shards.Count:D5}.safetensors");
        foreach (var (i, shard) in shards.Index())
        {
            var infos = shard.ToDictionary(static p => p.Name);
            SafeTensorsWriter.Write(
                Path.Combine(folder, NameOf(i)),
                shard.Select(p => new SafeTensorsDeclaration(p.Name, type, p.Shape)),
                (declared, stream) => WriteRandom(infos[declared.Name], type, stream));
        }
        if (shards.Count == 1)
            return;
        var map = shards.Index().SelectMany(s => s.Item.Select(p => KeyValuePair.Create(p.Name, (JsonNode?)NameOf(s.Index))));
        var total = all.Sum(p => (long)p.Rows * p.Cols * type.ByteSize());
        AtomicFile.WriteText(Path.Combine(folder, SafeTensorsModel.IndexName), new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = total },
            ["weight_map"] = new JsonObject(map),
        }.ToJsonString());
    }

    private static void WriteRandom(ParameterInfo info, SafeTensorsType type, Stream stream)
    {
        // A multiplicative generator: the values matter little, that they are not all alike does.
        var state = (uint)info.Name.Length * 2654435761u + 12345;
        var row = new float[info.Cols];
        for (var r = 0; r < info.Rows; r++)
        {
            for (var c = 0; c < row.Length; c++)
            {
                state = state * 1664525 + 1013904223;
                row[c] = info.Role == ParameterRole.Norm ? 1 : ((int)state >> 8) * (0.06f / (1 << 23));
            }
            if (type == SafeTensorsType.F32)
                stream.Write(MemoryMarshal.AsBytes<float>(row));
            else
                stream.Write(MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(row, Scalars.ToBF16)));
        }
    }

    private static string Config(string family, string architecture, int vocabulary, int hidden, int feedForward, int layers, int heads, int keyHeads, bool tied = true) => $$"""
        {
          "architectures": ["{{architecture}}"], "model_type": "{{family}}", "vocab_size": {{vocabulary}}, "hidden_size": {{hidden}},
          "intermediate_size": {{feedForward}}, "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}},
          "num_key_value_heads": {{keyHeads}}, "max_position_embeddings": 2048, "hidden_act": "silu", "rms_norm_eps": 1e-5,
          "rope_theta": 10000.0, "tie_word_embeddings": {{(tied ? "true" : "false")}}
        }
        """;
}
