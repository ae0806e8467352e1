using Attune.Adapters;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Models;

namespace Attune.Runs;

/// <summary>
/// A model between its base and what it was tuned to: (1 − α) · base + α · tuned, weight by weight (WiSE-FT, Wortsman et al. 2022), F32. With
/// α = 0 it is the base and with α = 1 the tuned model, to the bit of their F32 values; of an adapter, the merged model.
/// </summary>
internal sealed class BlendedModel
{
    private readonly ModelFolder source;
    private readonly Dictionary<string, Parameter> weights;

    /// <summary>Memory for the blend; α is 0 until <see cref="Move"/>.</summary>
    /// <param name="source">The base, loaded.</param>
    public BlendedModel(ModelFolder source)
    {
        this.source = source;
        weights = source.Parameters.ToDictionary(static i => i.Name, static i => new Parameter(i.Name, Tensor.Allocate(DType.F32, i.Rows, i.Cols)), StringComparer.Ordinal);
        Decoder = source.Build(info => weights[info.Name]);
    }

    /// <summary>The model, with the weights of the last move.</summary>
    public Decoder Decoder { get; }

    /// <summary>Bytes that a blend of a model takes.</summary>
    public static long BytesFor(ModelFolder source) => source.Parameters.Sum(static i => (long)i.Rows * i.Cols) * sizeof(float);

    /// <summary>Sets α.</summary>
    /// <param name="saved">The adapter or model of the run.</param>
    /// <param name="at">α, from 0 to 1.</param>
    public void Move(string saved, double at)
    {
        if (PeftFiles.IsAdapter(saved))
        {
            using var merged = new MergedWeights(source, PeftFiles.Load(saved, source.BuildFrozen()));
            Fill(merged.Of, at);
            return;
        }
        if (WeightFiles.IsThere(saved))
        {
            Fill(WeightFiles.Put(saved, source).Weight, at);
            return;
        }
        using var tuned = ModelFolder.Open(saved);
        Fill(tuned.Weight, at);
    }

    /// <summary>Writes the model as it is now.</summary>
    public void Save(string folder) => ModelWriter.Save(folder, source, info => weights[info.Name].Value, source.SavedAs);

    private void Fill(Func<ParameterInfo, Tensor> tuned, double at)
    {
        foreach (var info in source.Parameters)
        {
            var (target, from, to) = (weights[info.Name], source.Weight(info), tuned(info));
            for (var r = 0; r < info.Rows; r++)
            {
                var row = target.Value.Row<float>(r);
                for (var c = 0; c < row.Length; c++)
                    row[c] = (float)((1 - at) * from.Read(r, c) + at * to.Read(r, c));
            }
            // What was packed of it is stale.
            target.Changed();
        }
    }
}
