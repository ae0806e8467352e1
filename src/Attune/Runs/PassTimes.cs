using System.Diagnostics;
using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Objectives;
using Attune.Training;

namespace Attune.Runs;

/// <summary>How long the passes of a run take on this machine, in seconds.</summary>
/// <param name="TrainRow">Forward and backward, for each row of a pass.</param>
/// <param name="LossRow">Forward with the loss alone, for each row of a pass.</param>
/// <param name="Prompt">Reading as many questions at once as the run asks at once.</param>
/// <param name="Token">One token more of each of those answers.</param>
/// <param name="Blocks">How many of the model's blocks were timed.</param>
public readonly record struct PassTimes(double TrainRow, double LossRow, double Prompt, double Token, int Blocks)
{
    /// <summary>What of both is the forward of the blocks below the lowest trained one, for each row.</summary>
    public double PrefixRow { get; init; }

    private const int FewRows = 64, Tokens = 4;

    // A pass that is timed takes about this long, so that the estimate delays no run: not a large model's by minutes, nor a small one's
    // by more than it takes to read the rows.
    private const double WantedSeconds = 0.006;

    /// <summary>
    /// Times the very passes of the run on its first block and on its first two, and adds up: all blocks are alike, and what embedding
    /// and head take is in both. Takes less than a tenth of a second where a model is small, and less memory than the run's plan.
    /// </summary>
    public static PassTimes Measure(ModelContext model, RunData data, TuningMethod method, TrainerOptions options, Backend backend, CancellationToken cancel)
    {
        // Adapters on every layer: patterns of the recipe may name blocks that are not in the sample.
        var frozen = method.LowestBlock(model.Folder);
        if (method.Adapter is { } adapter)
            method = method with { Adapter = adapter with { Targets = LayerTargets.AllLinear } };
        var questions = data.Asked.Questions;
        var texts = Math.Min(questions.Count, Generator.MaxSlots);
        var prompt = texts == 0 ? 0 : Math.Max(1, (int)questions.Average(static q => q.Prompt.Length));
        PassTimes Of(int rows, int blocks, int texts)
        {
            cancel.ThrowIfCancellationRequested();
            return Time(model, Batch(data, rows), method, options with { PassRows = rows }, blocks, texts, prompt, frozen > 0, backend);
        }
        var few = Math.Min(FewRows, options.PassRows);
        var rows = (int)Math.Clamp(WantedSeconds / Of(few, 1, 0).TrainRow, few, options.PassRows);
        var one = Of(rows, 1, texts);
        var blocks = model.Folder.Spec.Layers;
        if (blocks == 1)
            return one with { PrefixRow = 0 };
        var two = Of(rows, 2, texts);
        double All(double a, double b) => a + (blocks - 1) * Math.Max(0, b - a);
        // Below the lowest trained block there is no way back.
        var prefix = frozen * Math.Max(0, two.PrefixRow - one.PrefixRow);
        var trained = one.TrainRow + (blocks - frozen - 1) * Math.Max(0, two.TrainRow - one.TrainRow);
        return new PassTimes(prefix + trained, All(one.LossRow, two.LossRow), All(one.Prompt, two.Prompt), All(one.Token, two.Token), 2) { PrefixRow = prefix };
    }

    /// <summary>One pass of each kind over few rows of the model's first block: what a run computes is compiled after it.</summary>
    internal static void WarmUp(ModelContext model, Backend backend)
    {
        var rows = Math.Min(FewRows, model.Folder.Spec.MaxPositions);
        var method = new TuningMethod(new LoraOptions(), FromScratch: false, Seed: 0);
        var options = new TrainerOptions { TotalSteps = 1, PassRows = rows, LearningRate = new LearningRate(0, LearningRateShape.Constant, 0, 1) };
        Time(model, Data.Batch.Full(rows), method, options, 1, 2, 2, anyFrozen: false, backend);
    }

    private static PassTimes Time(
        ModelContext model, Batch batch, TuningMethod method, TrainerOptions options, int blocks, int texts, int prompt, bool anyFrozen, Backend backend)
    {
        var folder = model.Folder.WithBlocks(blocks);
        // Every block of the sample trains.
        if (method.Selection.LastLayers is not null)
            method = method with { Selection = method.Selection with { LastLayers = blocks } };
        var positions = Math.Min(prompt + Tokens + 1, folder.Spec.MaxPositions);
        var plan = MemoryPlan.Of(folder, method, options, backend, texts, positions, 0);
        using var arena = Arena.OfBytes(plan.Arena);
        using var sample = TrainingModel.Build(folder, method, backend, arena);
        var input = new PassInput(batch, options.PassRows);
        var gradients = new GradientStep(sample, backend, arena, options);
        void Train()
        {
            sample.Weights.RestartGradients();
            gradients.RunMicroBatch(input, 0, 1);
        }
        // The first touches the memory, and compiles what no run in this process has compiled yet.
        Train();
        var train = Seconds(Train);
        double Forward(Backend arithmetic) => Seconds(() =>
        {
            using var tape = new Tape(arithmetic, arena, record: false);
            NextToken.Forward(tape, sample.Decoder, input.Pass with { Adapters = sample.Adapters }, input, 1);
        });
        var loss = Forward(backend.Exact);
        // Of a sample, all of the forward, as training computes it: two samples differ by a block of it.
        var forward = (anyFrozen && backend.Exact != backend ? Forward(backend) : loss) / options.PassRows;
        if (texts == 0)
            return new PassTimes(train / options.PassRows, loss / options.PassRows, 0, 0, blocks) { PrefixRow = forward };
        var generator = new Generator(sample.Decoder, model.Tokenizer, backend.Exact, arena, sample.Adapters);
        var prompts = Enumerable.Repeat((IReadOnlyList<int>)new int[Math.Max(1, positions - Tokens - 1)], texts).ToArray();
        var read = Seconds(() => generator.GenerateAll(prompts, new GenerationOptions { MaxNewTokens = 1 }));
        var write = Seconds(() => generator.GenerateAll(prompts, new GenerationOptions { MaxNewTokens = 1 + Tokens }));
        return new PassTimes(train / options.PassRows, loss / options.PassRows, read, Math.Max(0, write - read) / Tokens, blocks) { PrefixRow = forward };
    }

    // Full of examples of the usual length, as many of their tokens trained as in the data.
    private static Batch Batch(RunData data, int rows)
    {
        var length = (int)Math.Clamp(data.Train.Average(static e => e.Positions), 1, rows);
        var trained = data.Train.Sum(static e => (double)e.TrainedTokens) / data.Train.Sum(static e => (double)e.Positions);
        var marks = Enumerable.Range(0, length + 1).Select(i => i > length - Math.Max(1, (int)(trained * length))).ToArray();
        var examples = Enumerable.Repeat(new Example(new int[length + 1], marks, "", 0, 0), Math.Max(1, rows / length)).ToArray();
        return Data.Batch.Of(examples, [.. Enumerable.Range(0, examples.Length)]);
    }

    private static double Seconds(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
