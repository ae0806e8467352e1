using Attune.Engine;
using Attune.Formats;
using Attune.Models;

namespace Attune.Adapters;

/// <summary>
/// Writes a model with an adapter merged into its weights. Each adapted weight is decoded to F32, merged there, and rounded once on
/// writing; only one of them is in memory at a time.
/// </summary>
public static class Merger
{
    /// <summary>Writes the merged model as a folder.</summary>
    /// <param name="folder">See <see cref="ModelWriter.Save"/>.</param>
    /// <param name="source">The base that the adapter was trained on.</param>
    /// <param name="adapters">Attached to a decoder of <paramref name="source"/>.</param>
    /// <param name="type">F32, BF16 or F16.</param>
    /// <param name="shardBytes">See <see cref="ModelWriter.Save"/>.</param>
    public static void Save(
        string folder, ModelFolder source, AdapterSet adapters, SafeTensorsType type, long shardBytes = ModelWriter.DefaultShardBytes)
    {
        var byWeight = adapters.All.ToDictionary(static a => a.Layer.Weight.Name, StringComparer.Ordinal);
        // One buffer for all: native memory that waits for the collector would pile up to the whole model.
        using var buffer = Storage.Native(adapters.All.Max(static a => (long)a.Layer.Out * a.Layer.In) * sizeof(float));
        ModelWriter.Save(
            folder,
            source,
            info => byWeight.TryGetValue(info.Name, out var adapter) ? Merge(source.Weight(info), adapter, buffer) : source.Weight(info),
            type,
            shardBytes);
    }

    private static Tensor Merge(Tensor weight, LoraAdapter adapter, Storage buffer)
    {
        var merged = Tensor.Over(buffer, 0, DType.F32, weight.Rows, weight.Cols);
        for (var r = 0; r < weight.Rows; r++)
        {
            var row = merged.Row<float>(r);
            for (var c = 0; c < row.Length; c++)
                row[c] = (float)weight.Read(r, c);
        }
        adapter.MergeInto(adapter.Layer, merged);
        return merged;
    }
}
