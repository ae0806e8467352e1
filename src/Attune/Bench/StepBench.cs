using System.Diagnostics;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Engine.Platform;
using Attune.Models;
using Attune.Training;

namespace Attune.Bench;

/// <summary>What was measured of whole steps: forward, backward, clipping, AdamW.</summary>
public sealed record StepResult
{
    /// <summary>What was trained on.</summary>
    public required StepCase Case { get; init; }

    /// <summary>What matrix products were computed in.</summary>
    public required ProductType Products { get; init; }

    /// <summary>Seconds of a step.</summary>
    public required Timing Time { get; init; }

    /// <summary>The same on one thread; null where it was left out.</summary>
    public Timing? OneThread { get; init; }

    /// <summary>Tokens a second.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Tokens a second that are learned: those of the prompts are not.</summary>
    public required double TrainedPerSecond { get; init; }

    /// <summary>Texts a second. Every text has a token more than positions: its first is read and never predicted.</summary>
    public required double TextsPerSecond { get; init; }

    /// <summary>Operations that one token takes by the model's mathematics.</summary>
    public required double OperationsPerToken { get; init; }

    /// <summary>Loss of the last step.</summary>
    public required double Loss { get; init; }

    /// <summary>What memory was planned.</summary>
    public required MemoryPlan Plan { get; init; }

    /// <summary>Most memory that was resident while steps ran.</summary>
    public required long PeakResident { get; init; }

    /// <summary>Kernels of one step; null where none was watched.</summary>
    public KernelProfile? Profile { get; init; }

    /// <summary>How many times faster all threads are than one.</summary>
    public double? SpeedUp => OneThread?.Median / Time.Median;

    /// <summary>Operations a second.</summary>
    public double OperationsPerSecond => OperationsPerToken * TokensPerSecond;
}

/// <summary>A model set up for training whose steps can be taken and timed.</summary>
public sealed class StepBench : IDisposable
{
    private readonly ModelFolder folder;
    private readonly StepCase item;
    private readonly TrainerOptions options;
    private readonly Arena arena;
    private readonly TrainingModel training;
    private int done;
    private double loss;

    /// <summary>Plans memory, takes it, and sets the model up.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="item">Method and rows.</param>
    /// <param name="backend">What steps will run on, or a larger one: its workspaces are planned for.</param>
    public StepBench(ModelFolder folder, StepCase item, Backend backend)
    {
        (this.folder, this.item) = (folder, item);
        options = new TrainerOptions
        {
            TotalSteps = int.MaxValue,
            PassRows = item.PassRows,
            LearningRate = new LearningRate(Rate, LearningRateShape.Constant, 0, int.MaxValue),
            Keep = item.Keep,
            SavedType = item.SavedType,
        };
        var method = new TuningMethod(item.Lora ? StepCase.LoraOptions : null, FromScratch: false, Seed: 1);
        Plan = MemoryPlan.Of(folder, method, options, backend, 0, 0, 0);
        arena = Arena.OfBytes(Plan.Arena);
        training = TrainingModel.Build(folder, method, backend, arena);
    }

    // Small: random weights must not run away.
    private const double Rate = 1e-4;

    /// <summary>What memory was planned.</summary>
    public MemoryPlan Plan { get; }

    /// <summary>
    /// Operations that one token of texts of this length takes, a multiply-add being two: every weight of a product takes two forward, two
    /// for the gradient of the input and, where it trains, two for its own; the attention counts without the causal half being left out.
    /// </summary>
    public double OperationsPerToken(double length)
    {
        var spec = folder.Spec;
        double products = folder.Parameters.Where(static i => i.Role is ParameterRole.Matrix or ParameterRole.Embedding).Sum(static i => (double)i.Rows * i.Cols);
        var attention = 4.0 * spec.Layers * length * spec.Heads * spec.HeadSize;
        return (item.Lora ? 4 * products + 6.0 * training.Weights.Count : 6 * products) + 3 * attention;
    }

    /// <summary>Takes one step; seconds that it took.</summary>
    public double Step(Backend backend, CancellationToken cancel)
    {
        var step = item.Step(done);
        var start = Stopwatch.GetTimestamp();
        var optimizer = new AdamW(training.Weights, backend, options.Optimizer);
        loss = new GradientStep(training, backend, arena, options).Run(step, done, cancel);
        optimizer.Step(Rate, ++done, optimizer.GradientNorm());
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Takes one step to warm up, then measures.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="item">Method and rows.</param>
    /// <param name="backend">All threads.</param>
    /// <param name="repeats">How many steps.</param>
    /// <param name="details">Whether to watch the kernels of one more step, and to take one on one thread.</param>
    /// <param name="cancel">Looked at before every pass.</param>
    public static StepResult Measure(ModelFolder folder, StepCase item, CpuBackend backend, Repeats repeats, bool details, CancellationToken cancel)
    {
        Os.RestartPeakResident();
        using var bench = new StepBench(folder, item, backend);
        bench.Step(backend, cancel);
        var (seconds, tokens, trained, texts, squares) = (new List<double>(), 0L, 0L, 0L, 0.0);
        for (var start = Stopwatch.GetTimestamp(); seconds.Count < repeats.Most && (seconds.Count < repeats.Least || Stopwatch.GetElapsedTime(start) < repeats.Budget);)
        {
            var step = item.Step(bench.done);
            (tokens, trained, texts) = (tokens + step.Tokens, trained + step.TrainedTokens, texts + step.Rows.Count);
            squares += step.MicroBatches.Sum(static b => b.SequenceLengths.Sum(static n => (double)n * n));
            seconds.Add(bench.Step(backend, cancel));
        }
        var result = new StepResult
        {
            Case = item,
            Products = backend.Products,
            Time = Timing.Of(seconds),
            // Steps of a file differ in size: then the mean counts, and elsewhere the median, which one disturbed step does not move.
            TokensPerSecond = IsEven(item) ? item.Step(0).Tokens / Timing.Of(seconds).Median : tokens / seconds.Sum(),
            TrainedPerSecond = IsEven(item) ? item.Step(0).TrainedTokens / Timing.Of(seconds).Median : trained / seconds.Sum(),
            TextsPerSecond = IsEven(item) ? item.Step(0).Rows.Count / Timing.Of(seconds).Median : texts / seconds.Sum(),
            OperationsPerToken = bench.OperationsPerToken(squares / tokens),
            Loss = bench.loss,
            Plan = bench.Plan,
            PeakResident = Os.PeakResidentBytes(),
        };
        return details ? bench.WithDetails(result, backend, cancel) : result;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        training.Dispose();
        arena.Dispose();
    }

    private static bool IsEven(StepCase item) => ReferenceEquals(item.Step(0), item.Step(1));

    private StepResult WithDetails(StepResult result, CpuBackend backend, CancellationToken cancel)
    {
        var watch = new ProfilingBackend(backend);
        Step(watch, cancel);
        return result with
        {
            Profile = watch.Profile,
            OneThread = backend.Threads == 1 || !IsEven(item) ? null : Timing.Of([Step(CpuBackend.Shared(1, backend.Products), cancel)]),
        };
    }
}
