using System.Runtime.InteropServices;
using Attune.Engine;
using Attune.Formats;
using Attune.Models;

namespace Attune.Bench;

/// <summary>A model folder of a given shape with random weights: what speed and memory are measured on.</summary>
internal static class SyntheticModel
{
    /// <summary>config.json by name; shapes of published models.</summary>
    public static IReadOnlyDictionary<string, string> Shapes { get; } = new Dictionary<string, string>
    {
        ["smollm2-135m"] = Llama(49152, 576, 1536, 30, 9, 3),
        ["tiny15m"] = Llama(32000, 288, 768, 6, 6, 6),
    };

    /// <summary>Makes the folder if it is not there yet.</summary>
    public static string Make(string root, string shape, SafeTensorsType type)
    {
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

    private static string Llama(int vocabulary, int hidden, int feedForward, int layers, int heads, int keyHeads) => $$"""
        {
          "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": {{vocabulary}}, "hidden_size": {{hidden}},
          "intermediate_size": {{feedForward}}, "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}},
          "num_key_value_heads": {{keyHeads}}, "max_position_embeddings": 2048, "hidden_act": "silu", "rms_norm_eps": 1e-5,
          "rope_theta": 10000.0, "tie_word_embeddings": true
        }
        """;
}
