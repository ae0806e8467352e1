using Attune.Adapters;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;

namespace Attune.Training;

/// <summary>What is tuned, and from where it starts.</summary>
/// <param name="Lora">Low-rank adapters on frozen weights; null trains weights themselves.</param>
/// <param name="FromScratch">Random starting weights instead of the folder's.</param>
/// <param name="Seed">Seed of starting values.</param>
public sealed record TuningMethod(LoraOptions? Lora, bool FromScratch, long Seed)
{
    /// <summary>
    /// Where weights train themselves: how many of the last blocks do, with the final norm behind them; null for all weights. Embedding
    /// and head stay as they are then. A tied head is the embedding, and stands below every block; an untied one has as many weights
    /// as several blocks of a small model, and only words that the rows hold would move in it.
    /// </summary>
    public int? LastLayers { get; init; }

    /// <summary>The lowest block that something trains in: what enters it never changes. 0 where the embedding may train too.</summary>
    public int LowestBlock(ModelFolder folder)
    {
        if (Lora is { } lora)
            return folder.Build(folder.Planned).Blocks.FirstOrDefault(b => b.Linears.Any(l => lora.Targets.Matches(l.Path)))?.Index ?? 0;
        return LastLayers is { } n ? folder.Spec.Layers - n : 0;
    }

    /// <summary>Whether a weight of the model itself trains.</summary>
    internal bool Trains(ParameterInfo info, DecoderSpec spec) => Lora is null
        && (LastLayers is not { } n || info.Module is { } module && (module.Part == ModulePart.FinalNorm || module.Block >= spec.Layers - n));
}

/// <summary>A model set up for training: frozen weights mapped from its folder, trained ones in buckets of the arena.</summary>
public sealed class TrainingModel : IDisposable
{
    private TrainingModel(ModelFolder folder, Decoder decoder, AdapterSet? adapters, TrainedWeights weights) =>
        (Folder, Decoder, Adapters, Weights) = (folder, decoder, adapters, weights);

    /// <summary>Where the model comes from.</summary>
    public ModelFolder Folder { get; }

    /// <summary>The model.</summary>
    public Decoder Decoder { get; }

    /// <summary>Its adapters; null in full tuning.</summary>
    public AdapterSet? Adapters { get; }

    /// <summary>What trains.</summary>
    public TrainedWeights Weights { get; }

    /// <summary>Whether no weight of the folder is read any more once training has begun.</summary>
    public bool HoldsEveryWeight => Adapters is null && Weights.Infos.Count == Folder.Parameters.Count;

    /// <summary>Sets the model up; on pretended memory the same, without values.</summary>
    public static TrainingModel Build(ModelFolder folder, TuningMethod method, Backend backend, Arena arena)
    {
        var model = method.Lora is { } lora
            ? WithAdapters(folder, lora, backend, arena)
            : Full(folder, method, backend, arena);
        if (!arena.IsPretend)
            model.SetStartingValues(method, backend);
        return model;
    }

    /// <inheritdoc />
    public void Dispose() => Weights.Dispose();

    private static TrainingModel WithAdapters(ModelFolder folder, LoraOptions options, Backend backend, Arena arena)
    {
        // Two passes: the first learns what the adapters are made of, so that the second can put it into one bucket.
        var infos = new List<ParameterInfo>();
        var decoder = folder.Build(arena.IsPretend ? folder.Planned : folder.Frozen);
        LoraAdapter.Attach(decoder, options, info =>
        {
            infos.Add(info);
            return DecoderBuilder.Pretend(info);
        });
        var weights = new TrainedWeights(arena, backend, infos);
        var adapters = LoraAdapter.Attach(decoder, options, info => weights.Find(info.Name)!);
        return new TrainingModel(folder, decoder, adapters, weights);
    }

    private static TrainingModel Full(ModelFolder folder, TuningMethod method, Backend backend, Arena arena)
    {
        var weights = new TrainedWeights(arena, backend, [.. folder.Parameters.Where(i => method.Trains(i, folder.Spec))]);
        var decoder = folder.Build(info => weights.Find(info.Name) ?? (arena.IsPretend ? folder.Planned(info) : folder.Frozen(info)));
        return new TrainingModel(folder, decoder, null, weights);
    }

    private void SetStartingValues(TuningMethod method, Backend backend)
    {
        var key = RandomKey.OfSeed(method.Seed).For("starting values");
        if (Adapters is { } adapters)
        {
            foreach (var adapter in adapters.All)
                adapter.Initialise(key);
            return;
        }
        foreach (var info in Weights.Infos)
        {
            var value = Weights.Find(info.Name)!.Value;
            if (method.FromScratch)
            {
                StartingWeights.Fill(value, info, Folder.Config, key);
                continue;
            }
            var stored = Folder.Weight(info);
            backend.Pointwise.AddScaled(stored, 1, value, 0);
            // The copy is what runs from here on: the file's pages would double it.
            stored.Block.Storage.WasRead();
        }
    }
}
