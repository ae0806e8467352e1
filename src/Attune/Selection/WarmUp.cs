using System.Globalization;
using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Training;

namespace Attune.Selection;

/// <summary>How a model is warmed up.</summary>
internal sealed record WarmUpOptions
{
    /// <summary>Checkpoints, one after each pass over the rows: LESS has four.</summary>
    public const int Checkpoints = 4;

    /// <summary>Of the adapters: small, since only directions are asked for.</summary>
    public const int Rank = 8, Alpha = 16;

    /// <summary>How many rows are drawn.</summary>
    public required int Rows { get; init; }

    /// <summary>Highest learning rate.</summary>
    public required double Rate { get; init; }

    /// <summary>Draws the rows, and what adapters start with.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>What is trained: adapters on every linear layer.</summary>
    public TuningMethod Method => new(new LoraOptions { Rank = Rank, Alpha = Alpha }, false, Seed);

    /// <summary>What decides the checkpoints beside model and rows.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings =>
    [
        ("warm-up rows", Rows.ToString(CultureInfo.InvariantCulture)), ("warm-up rate", Rate.ToString(CultureInfo.InvariantCulture)), ("warm-up seed", Seed.ToString(CultureInfo.InvariantCulture)),
    ];
}

/// <summary>
/// A short tuning of small adapters on some rows drawn by chance, with a checkpoint after each of four passes over them: the "brief
/// experience" of Li et al. 2023 and the warm-up of LESS. Killed, it goes on from its last checkpoint.
/// </summary>
internal sealed class WarmUp : IDisposable
{
    private readonly string folder;
    private readonly Packer packer;
    private readonly Backend backend;
    private readonly Arena arena;
    private readonly Training.Checkpoints checkpoints;
    private readonly int stepsOfPass;

    /// <summary>Sets the model up; <see cref="Run"/> trains it.</summary>
    /// <param name="model">The base.</param>
    /// <param name="rows">All rows that may be chosen.</param>
    /// <param name="options">How.</param>
    /// <param name="memory">Backend, arena as <see cref="Plan"/> says, and rows of the largest pass.</param>
    /// <param name="folder">Where checkpoints are kept until they are no longer needed.</param>
    /// <param name="identity">What a checkpoint must agree on to be gone on with.</param>
    public WarmUp(ModelFolder model, IReadOnlyList<SelectionRow> rows, WarmUpOptions options, (Backend Backend, Arena Arena, int PassRows) memory, string folder, string identity)
    {
        (this.folder, backend, arena) = (folder, memory.Backend, memory.Arena);
        Example[] drawn = [.. Drawn(rows, options).SelectMany(static r => r.Examples)];
        // Sixty-four steps a pass, within what is worth a step: a batch of the paper.
        var longest = drawn.Max(static e => e.Positions);
        var stepTokens = (int)Math.Max(longest, Math.Clamp(drawn.Sum(static e => (long)e.Positions) / 64, 256, 8192));
        packer = new Packer(drawn, new PackerOptions { StepTokens = stepTokens, MicroTokens = memory.PassRows, Seed = (ulong)options.Seed });
        stepsOfPass = packer.StepsIn(0);
        checkpoints = new Training.Checkpoints(folder, identity, backend.Name);
        Model = TrainingModel.Build(model, options.Method, backend, arena);
        Options = LoopOptions(memory.PassRows) with
        {
            TotalSteps = WarmUpOptions.Checkpoints * stepsOfPass,
            LearningRate = RateOver(options.Rate, stepsOfPass),
            SaveEvery = stepsOfPass,
            Seed = options.Seed,
        };
    }

    /// <summary>The model.</summary>
    public TrainingModel Model { get; }

    /// <summary>How it was trained.</summary>
    public TrainerOptions Options { get; }

    /// <summary>The mean learning rate of each pass, by the shape of its curve alone.</summary>
    public static IReadOnlyList<double> RatesOf(double rate)
    {
        const int steps = 64;
        var curve = RateOver(rate, steps);
        return [.. Enumerable.Range(0, WarmUpOptions.Checkpoints).Select(c => Enumerable.Range(c * steps, steps).Average(curve.At))];
    }

    /// <summary>Optimizer steps behind a checkpoint.</summary>
    public int StepsAt(int checkpoint) => (checkpoint + 1) * stepsOfPass;

    /// <summary>Bytes of arena: of the training, and of <paramref name="measures"/> on its model.</summary>
    public static long Plan(ModelFolder folder, WarmUpOptions options, Backend backend, int passRows, IReadOnlyList<RowMeasure> measures)
    {
        using var arena = Arena.Pretended();
        var dry = new DryRunBackend(backend);
        using var model = TrainingModel.Build(folder, options.Method, dry, arena);
        var persistent = arena.InUse;
        var gradients = new GradientStep(model, dry, arena, LoopOptions(passRows));
        foreach (var rows in PassRows.All(passRows))
            gradients.RunMicroBatch(new Objectives.PassInput(Batch.Full(rows), rows), 0, 1);
        var measuring = new MeasuringModel(model.Decoder, model.Adapters, backend, passRows);
        return Math.Max(arena.Peak, persistent + measures.Max(m => m.Plan(measuring)));
    }

    /// <summary>Trains what is not trained yet, to the last checkpoint.</summary>
    /// <param name="report">Gets the steps done, and how many there are.</param>
    /// <param name="cancel">Stops between passes.</param>
    public void Run(Action<int, int> report, CancellationToken cancel)
    {
        if (File.Exists(PathOf(WarmUpOptions.Checkpoints - 1)))
            return;
        var newest = checkpoints.Newest;
        if (newest is not null)
            Keep(Training.Checkpoints.StepOf(newest), newest);
        new Trainer(Model, packer, Options, backend, arena, checkpoints, null, Listen).Run(newest, cancel);

        void Listen(TrainingEvent happened)
        {
            if (happened is StepDone step)
                report(step.Step, step.TotalSteps);
            else if (happened is CheckpointSaved saved)
                Keep(saved.Step, saved.Path);
        }
    }

    /// <summary>Puts the weights and moments of a checkpoint into the model.</summary>
    public void Load(int checkpoint) => checkpoints.Load(PathOf(checkpoint), Model.Weights);

    /// <summary>Takes the checkpoints away: what was measured with them is written down.</summary>
    public void Clear()
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    // The trainer itself keeps the two newest alone, and saves in the middle of a pass where it is stopped.
    private void Keep(int step, string path)
    {
        if (step == 0 || step % stepsOfPass != 0)
            return;
        var target = PathOf(step / stepsOfPass - 1);
        File.Copy(path, target + ".partial", overwrite: true);
        File.Move(target + ".partial", target, overwrite: true);
    }

    private string PathOf(int checkpoint) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"checkpoint-{checkpoint + 1}.safetensors"));

    private static IEnumerable<SelectionRow> Drawn(IReadOnlyList<SelectionRow> rows, WarmUpOptions options)
    {
        var key = RandomKey.OfSeed(options.Seed).For("warm-up");
        return rows.Index().OrderBy(r => key.Uniform(r.Index)).Take(options.Rows).OrderBy(static r => r.Index).Select(static r => r.Item);
    }

    private static LearningRate RateOver(double rate, int stepsOfPass) => new(rate, LearningRateShape.Linear, stepsOfPass / 4, WarmUpOptions.Checkpoints * stepsOfPass);

    private static TrainerOptions LoopOptions(int passRows) => new() { TotalSteps = 1, PassRows = passRows, LearningRate = new LearningRate(0, LearningRateShape.Constant, 0, 1) };
}
