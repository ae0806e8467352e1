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
        using var merged = new MergedWeights(source, adapters);
        ModelWriter.Save(folder, source, merged.Of, type, shardBytes);
    }
}

/// <summary>The weights of a model with an adapter merged into them, one at a time.</summary>
/// <param name="source">The base that the adapter was trained on.</param>
/// <param name="adapters">Attached to a decoder of <paramref name="source"/>; null for the base as it is.</param>
public sealed class MergedWeights(ModelFolder source, AdapterSet? adapters) : IDisposable
{
    private readonly Dictionary<string, LayerAdapter> byWeight =
        adapters?.All.ToDictionary(static a => a.Layer.Weight.Name, StringComparer.Ordinal) ?? [];

    private readonly Dictionary<string, LayerAdapter> byBias =
        adapters?.All.Where(static a => a.MovesBias && a.Layer.Bias is not null).ToDictionary(static a => a.Layer.Bias!.Name, StringComparer.Ordinal) ?? [];

    // One buffer for all: native memory that waits for the collector would pile up to the whole model.
    private readonly Storage buffer = Storage.Native((adapters?.All.Max(static a => (long)a.Layer.Out * a.Layer.In) ?? 0) * sizeof(float));

    /// <summary>
    /// A weight: F32 where an adapter changes it, valid until the next is asked for; else as the base holds it. A base that was quantised for
    /// tuning is what the adapter has learned to correct: it is decoded and merged into, not the files' weights.
    /// </summary>
    public Tensor Of(ParameterInfo info) =>
        byWeight.TryGetValue(info.Name, out var adapter) ? Merge(source.Weight(info), w => adapter.MergeInto(adapter.Layer, w))
        : byBias.TryGetValue(info.Name, out adapter) ? Merge(source.Weight(info), b => adapter.MergeIntoBias(adapter.Layer, b))
        : source.Weight(info);

    /// <inheritdoc />
    public void Dispose() => buffer.Dispose();

    private Tensor Merge(Tensor weight, Action<Tensor> change)
    {
        var merged = Tensor.Over(buffer, 0, DType.F32, weight.Rows, weight.Cols);
        for (var r = 0; r < weight.Rows; r++)
        {
            var row = merged.Row<float>(r);
            for (var c = 0; c < row.Length; c++)
                row[c] = (float)weight.Read(r, c);
        }
        change(merged);
        return merged;
    }
}
