using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Tests.Models;
using Attune.Training;

namespace Attune.Tests.Training;

/// <summary>
/// Everything of one run on a tiny model, made anew as by a new process: what two rigs on one folder share is only what is on disk.
/// </summary>
internal sealed class TrainingRig : IDisposable
{
    public const int PassRows = 24;

    private readonly ModelFolder folder = ModelFolder.Open(ModelFixture.PathOf("llama-untied"));

    public TrainingRig(string runFolder, bool lora = true, long seed = 1, string? backend = null, string identity = "same", string arithmetic = "numbers", bool anyArithmetic = false, bool byteMoments = false)
    {
        Backend = TestBackends.Make(backend ?? TestBackends.Cpu);
        Seed = seed;
        Model = TrainingModel.Build(folder, new TuningMethod(lora ? new LoraOptions { Rank = 4, Alpha = 8, Dropout = 0.2f } : null, false, seed) { ByteMoments = byteMoments }, Backend, Arena);
        Checkpoints = new Checkpoints(runFolder, identity, arithmetic, anyArithmetic);
        Options = new TrainerOptions
        {
            TotalSteps = 8,
            PassRows = PassRows,
            LearningRate = new LearningRate(lora ? 2e-2 : 2e-3, LearningRateShape.Cosine, 2, 8),
            Optimizer = new AdamWOptions { WeightDecay = 0.01 },
            Seed = seed,
            EvalEvery = 2,
            SaveEvery = 3,
        };
    }

    public Backend Backend { get; }

    public Arena Arena { get; } = TestBackends.NewArena(8);

    public TrainingModel Model { get; }

    public Checkpoints Checkpoints { get; }

    public TrainerOptions Options { get; set; }

    public long Seed { get; }

    public Func<CancellationToken, double>? Validate { get; set; }

    public List<TrainingEvent> Events { get; } = [];

    /// <summary>Called with every event, after it was noted.</summary>
    public Action<TrainingEvent>? OnEvent { get; set; }

    public static Example[] Examples { get; } = [.. Enumerable.Range(0, 20).Select(static e =>
    {
        var key = RandomKey.OfSeed(100 + e);
        var ids = Enumerable.Range(0, 4 + e % 9).Select(i => key.Below(97, i)).ToArray();
        return new Example(ids, [.. ids.Select(static (_, i) => i > 1)], "rows.jsonl", e + 1, (ulong)e);
    })];

    public TrainingState Run(string? resume = null, CancellationTokenSource? stop = null)
    {
        var packer = new Packer(Examples, new PackerOptions { StepTokens = 2 * PassRows, MicroTokens = PassRows, Seed = (ulong)Seed });
        var trainer = new Trainer(Model, packer, Options, Backend, Arena, Checkpoints, Validate, e =>
        {
            Events.Add(e);
            OnEvent?.Invoke(e);
        });
        return trainer.Run(resume, stop?.Token ?? TestContext.Current.CancellationToken);
    }

    /// <summary>The losses of all steps, exactly.</summary>
    public double[] Losses => [.. Events.OfType<StepDone>().Select(static e => e.Loss)];

    /// <summary>All trained values.</summary>
    public byte[] Bits => [.. Model.Weights.Parameters.SelectMany(static p => Numbers.Bits(p.Value))];

    public void Dispose()
    {
        Model.Dispose();
        Arena.Dispose();
        folder.Dispose();
    }
}
