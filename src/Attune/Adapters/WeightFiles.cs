using System.Runtime.InteropServices;
using Attune.Engine;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;

namespace Attune.Adapters;

/// <summary>
/// A few of a model's own weights (its norms, its biases) that were tuned alone: one small safetensors file with F32 values under the names that the
/// model's files have. Put over the base they are the tuned model; no other weight is stored twice.
/// </summary>
public static class WeightFiles
{
    /// <summary>The file's name.</summary>
    public const string FileName = "tuned_weights.safetensors";

    private const string BaseKey = "base_model";

    /// <summary>Whether a folder holds such weights.</summary>
    public static bool IsThere(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Writes the weights; the file appears whole or not at all.</summary>
    /// <param name="folder">Made if need be.</param>
    /// <param name="infos">Names and shapes.</param>
    /// <param name="valueOf">Their values, F32.</param>
    /// <param name="basePath">Path of the base model.</param>
    public static void Save(string folder, IReadOnlyList<ParameterInfo> infos, Func<ParameterInfo, Tensor> valueOf, string basePath)
    {
        Directory.CreateDirectory(folder);
        var byName = infos.ToDictionary(static i => i.Name, StringComparer.Ordinal);
        SafeTensorsWriter.Write(
            Path.Combine(folder, FileName),
            infos.Select(static i => new SafeTensorsDeclaration(i.Name, SafeTensorsType.F32, i.Shape)),
            (declared, stream) =>
            {
                var value = valueOf(byName[declared.Name]);
                for (var r = 0; r < value.Rows; r++)
                    stream.Write(MemoryMarshal.AsBytes(value.Row<float>(r)));
            },
            new Dictionary<string, string> { ["format"] = "pt", [BaseKey] = basePath });
    }

    /// <summary>The base model that the file names; null where it names none.</summary>
    public static string? BasePath(string folder)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(folder, FileName));
        return file.Metadata.GetValueOrDefault(BaseKey);
    }

    /// <summary>The model with these weights in the place of its own; it stands in place of <paramref name="model"/>.</summary>
    /// <exception cref="UserErrorException">They are not of this model; every one that is not is named.</exception>
    public static ModelFolder Put(string folder, ModelFolder model)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(folder, FileName));
        var infos = model.Parameters.ToDictionary(static i => i.Name, StringComparer.Ordinal);
        var problems = new List<Problem>();
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var entry in file.Entries.Values)
        {
            if (!infos.TryGetValue(entry.Name, out var info) || !entry.Shape.SequenceEqual(info.Shape))
            {
                problems.Add(new Problem(file.Path, $"{entry.Name} with shape [{string.Join(", ", entry.Shape)}] is no weight of {model.Path}", "use the base model that the weights were tuned on"));
                continue;
            }
            var value = Tensor.Allocate(DType.F32, info.Rows, info.Cols);
            value.Write(file.ReadFloats(entry));
            weights.Add(entry.Name, value);
        }
        return problems.Count == 0 ? model.With(weights) : throw new UserErrorException(problems);
    }
}
