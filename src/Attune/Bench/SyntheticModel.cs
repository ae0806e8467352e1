using System.Runtime.InteropServices;
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
    };

    /// <summary>Makes the folder if it is not there yet.</summary>
    /// <param name="root">Where folders of shapes are.</param>
    /// <param name="shape">One of <see cref="Shapes"/>.</param>
    /// <param name="type">F32 or BF16: how the file holds the weights.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="UserErrorException">There is no such shape, or the type is another.</exception>
    public static string Make(string root, string shape, SafeTensorsType type)
    {
        if (!Shapes.ContainsKey(shape))
            throw new UserErrorException($"shape {shape}", $"is not known; there are {string.Join(", ", Shapes.Keys)}", Nearest.To(shape, Shapes.Keys) is { } near ? $"did you mean {near}?" : "give one of these, or the folder of a model");
        if (type is not (SafeTensorsType.F32 or SafeTensorsType.BF16))
            throw new UserErrorException($"weights {type}", "random weights are written as F32 or BF16", "give one of the two");
        var folder = Path.Combine(root, $"{shape}-{type}");
        if (File.Exists(Path.Combine(folder, "model.safetensors")))
            return folder;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, HfConfig.FileName), Shapes[shape]);
        using var model = ModelFolder.OpenConfiguration(folder);
        var infos = model.Parameters.ToDictionary(static i => i.Name);
        SafeTensorsWriter.Write(
            Path.Combine(folder, "model.safetensors"),
            infos.Values.Select(i => new SafeTensorsDeclaration(i.Name, type, i.Shape)),
            (declared, stream) => WriteRandom(infos[declared.Name], type, stream));
        return folder;
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

    private static string Config(string family, string architecture, int vocabulary, int hidden, int feedForward, int layers, int heads, int keyHeads) => $$"""
        {
          "architectures": ["{{architecture}}"], "model_type": "{{family}}", "vocab_size": {{vocabulary}}, "hidden_size": {{hidden}},
          "intermediate_size": {{feedForward}}, "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}},
          "num_key_value_heads": {{keyHeads}}, "max_position_embeddings": 2048, "hidden_act": "silu", "rms_norm_eps": 1e-5,
          "rope_theta": 10000.0, "tie_word_embeddings": true
        }
        """;
}
