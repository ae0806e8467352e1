using Attune.Adapters;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;

namespace Attune.Training;

/// <summary>What is tuned, and from where it starts.</summary>
/// <param name="Adapter">Adapters on frozen weights; null trains weights themselves.</param>
/// <param name="FromScratch">Random starting weights instead of the folder's.</param>
/// <param name="Seed">Seed of starting values.</param>
public sealed record TuningMethod(AdapterOptions? Adapter, bool FromScratch, long Seed)
{
    /// <summary>Where weights train themselves: which of them.</summary>
    public WeightSelection Selection { get; init; } = WeightSelection.All;

    /// <summary>Matrices of the objective's own that train too, and are no part of the result.</summary>
    public IReadOnlyList<ParameterInfo> Own { get; init; } = [];

    /// <summary>Whether the optimizer's moments are held in 8 bits; see <see cref="Engine.Backends.ByteMoments"/>.</summary>
    public bool ByteMoments { get; init; }

    /// <summary>Whether the whole model is saved: where neither an adapter nor a few weights alone are the result.</summary>
    public bool SavesModel => Adapter is null && !Selection.IsSmall;

    /// <summary>The lowest block that something trains in: what enters it never changes. 0 where the embedding may train too.</summary>
    public int LowestBlock(ModelFolder folder)
    {
        if (Adapter is { } adapter)
            return folder.Build(folder.Planned).Blocks.FirstOrDefault(b => b.Linears.Any(l => adapter.Targets.Matches(l.Path)))?.Index ?? 0;
        // What stands in no block: the final norm behind them all, and tables below.
        return folder.Parameters.Where(i => Selection.Trains(i, folder.Spec)).Min(i => i.Module?.Block ?? (i.Module?.Part == ModulePart.FinalNorm ? folder.Spec.Layers - 1 : 0));
    }

    /// <summary>Whether a weight of the model itself trains.</summary>
    internal bool Trains(ParameterInfo info, DecoderSpec spec) => Adapter is null && Selection.Trains(info, spec);
}

/// <summary>A model set up for training: frozen weights mapped from its folder, trained ones in buckets of the arena.</summary>
public sealed class TrainingModel : IDisposable
{
    private TrainingModel(ModelFolder folder, Decoder decoder, AdapterSet? adapters, IReadOnlyList<ParameterInfo> result, TrainedWeights weights) =>
        (Folder, Decoder, Adapters, Result, Weights) = (folder, decoder, adapters, result, weights);

    /// <summary>Where the model comes from.</summary>
    public ModelFolder Folder { get; }

    /// <summary>The model.</summary>
    public Decoder Decoder { get; }

    /// <summary>Its adapters; null in full tuning.</summary>
    public AdapterSet? Adapters { get; }

    /// <summary>What trains.</summary>
    public TrainedWeights Weights { get; }

    /// <summary>What of <see cref="Weights"/> is the result: all but the objective's own matrices.</summary>
    public IReadOnlyList<ParameterInfo> Result { get; }

    /// <summary>The values of a weight of the model as they run: trained, or as the folder holds them. Adapters are not in them.</summary>
    public Tensor Weight(ParameterInfo info) => Weights.Find(info.Name)?.Value ?? Folder.Weight(info);

    /// <summary>Number of weights in <see cref="Result"/>.</summary>
    public long ResultCount => Result.Sum(static i => (long)i.Rows * i.Cols);

    /// <summary>Whether no weight of the folder is read any more once training has begun.</summary>
    public bool HoldsEveryWeight => Adapters is null && Result.Count == Folder.Parameters.Count;

    /// <summary>Sets the model up; on pretended memory the same, without values.</summary>
    public static TrainingModel Build(ModelFolder folder, TuningMethod method, Backend backend, Arena arena)
    {
        var model = method.Adapter is { } options
            ? WithAdapters(folder, method, options, backend, arena)
            : Full(folder, method, backend, arena);
        model.SetStartingValues(method, backend, arena);
        return model;
    }

    /// <inheritdoc />
    public void Dispose() => Weights.Dispose();

    private static TrainingModel WithAdapters(ModelFolder folder, TuningMethod method, AdapterOptions options, Backend backend, Arena arena)
    {
        // Two passes: the first learns what the adapters are made of, so that the second can put it into one bucket.
        var decoder = folder.Build(arena.IsPretend ? folder.Planned : folder.Frozen);
        var infos = options.Attach(decoder, DecoderBuilder.Pretend).Infos;
        var weights = new TrainedWeights(arena, backend, [.. infos, .. method.Own], method.ByteMoments);
        var adapters = options.Attach(decoder, info => weights.Find(info.Name)!);
        return new TrainingModel(folder, decoder, adapters, infos, weights);
    }

    private static TrainingModel Full(ModelFolder folder, TuningMethod method, Backend backend, Arena arena)
    {
        ParameterInfo[] infos = [.. folder.Parameters.Where(i => method.Trains(i, folder.Spec))];
        var weights = new TrainedWeights(arena, backend, [.. infos, .. method.Own], method.ByteMoments);
        var decoder = folder.Build(info => weights.Find(info.Name) ?? (arena.IsPretend ? folder.Planned(info) : folder.Frozen(info)));
        return new TrainingModel(folder, decoder, null, infos, weights);
    }

    private void SetStartingValues(TuningMethod method, Backend backend, Arena arena)
    {
        var key = RandomKey.OfSeed(method.Seed).For("starting values");
        foreach (var adapter in Adapters?.All ?? [])
            adapter.Start(new AdapterStart(key, backend.Exact, arena));
        foreach (var own in arena.IsPretend ? [] : method.Own)
            StartingWeights.FillProjection(Weights.Find(own.Name)!.Value, key.For(own.Name));
        if (Adapters is not null || arena.IsPretend)
            return;
        foreach (var info in Result)
        {
            var value = Weights.Find(info.Name)!.Value;
            if (method.FromScratch)
            {
                StartingWeights.Fill(value, info, Folder.Config, key);
                continue;
            }
            var stored = Folder.Stored(info);
            backend.Pointwise.AddScaled(stored, 1, value, 0);
            // The copy is what runs from here on: the file's pages would double it.
            stored.Block.Storage.WasRead();
        }
    }
}
