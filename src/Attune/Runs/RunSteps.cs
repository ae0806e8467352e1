using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Problems;
using Attune.Recipes;
using Attune.Training;

namespace Attune.Runs;

/// <summary>The steps of a run: how many, of which rows, at what rate.</summary>
/// <param name="Options">How the loop runs.</param>
/// <param name="Packer">Which rows every step holds.</param>
public sealed record RunSteps(TrainerOptions Options, Packer Packer)
{
    /// <summary>Decides what the recipe leaves open about its steps; the size of a pass is still a wish, which memory may cut down.</summary>
    /// <returns>The recipe with its steps resolved, and the steps.</returns>
    internal static (Recipe Recipe, RunSteps Steps) Choose(Recipe recipe, RunData data, Choices choices)
    {
        var train = recipe.Train;
        var batch = choices.BatchTokens(train.BatchTokens, (long)data.Train.Sum(static e => e.Positions * e.Weight), data.Longest);
        var epochs = choices.Epochs(train.Epochs, train.MaxSteps, (long)data.Train.Sum(static e => e.TrainedTokens * e.Weight));
        // A pass must hold the longest example, be it trained on or measured, which may be longer than a step; beyond two thousand rows kernels gain nothing more.
        var pass = train.MicroBatchTokens ?? Math.Max(data.Longest, Math.Min(batch, 2048));
        RequireRoom(data, pass);
        var packer = Pack(data, batch, pass, train with { Epochs = epochs });
        var total = Total(packer, epochs, train.MaxSteps);
        var evalEvery = choices.EvalEvery(train.EvalEvery, total);
        recipe = recipe with
        {
            Train = train with
            {
                BatchTokens = batch,
                Epochs = train.Epochs is null && train.MaxSteps is not null ? null : epochs,
                EvalEvery = evalEvery,
                SaveEvery = choices.SaveEvery(train.SaveEvery, evalEvery),
                Patience = choices.Patience(train.Patience, data.Valid.Count),
            },
        };
        return (recipe, new RunSteps(Loop(recipe, total, pass, data.Valid.Count > 0), packer));
    }

    // By the rows that there are and not by data.max_length, which may allow more than any of them has.
    private static void RequireRoom(RunData data, int pass)
    {
        if (data.All.FirstOrDefault(e => e.Positions > pass) is { } row)
        {
            throw new UserErrorException(
                $"{row.File}, row {row.Row}", $"takes {row.Positions} positions (its tokens but the last), and a pass has {pass}, by train.micro_batch_tokens",
                $"leave train.micro_batch_tokens to auto or raise it, or set data.max_length to {pass + 1}, so that data.truncation says what becomes of longer rows");
        }
    }

    /// <summary>The steps in passes as <paramref name="options"/> says.</summary>
    internal static RunSteps Of(TrainerOptions options, RunData data, TrainRecipe train) =>
        new(options, Pack(data, train.BatchTokens!.Value, options.PassRows, train));

    private static Packer Pack(RunData data, int batch, int pass, TrainRecipe train) => new(data.Train, new PackerOptions
    {
        StepTokens = batch,
        MicroTokens = pass,
        Seed = (ulong)train.Seed,
        DelayedFrom = DelayedFrom(data, batch, train),
    });

    // Half of the epochs lie before it, of as many as the steps allow.
    private static int DelayedFrom(RunData data, int batch, TrainRecipe train)
    {
        if (!data.Train.Any(static e => e.Delayed))
            return 0;
        var epochs = Math.Min(train.Epochs ?? double.MaxValue, train.MaxSteps * (double)batch / data.Train.Sum(static e => e.Positions * e.Weight) ?? double.MaxValue);
        return epochs >= 2 ? (int)Math.Min(int.MaxValue, epochs / 2) : throw new UserErrorException(
            "data.unknown", $"delay shows rows in the second half of the epochs, and this run has {epochs:0.##}", "raise train.epochs or train.max_steps to two epochs at least, or set data.unknown to a number below 1");
    }

    private static int Total(Packer packer, double epochs, int? maxSteps)
    {
        if (maxSteps is { } most && most <= epochs * packer.StepsIn(0))
            return most;
        var whole = (int)Math.Floor(epochs);
        var steps = packer.TotalSteps(whole);
        if (epochs > whole)
            steps += (int)Math.Ceiling((epochs - whole) * packer.StepsIn(whole));
        return Math.Min(maxSteps ?? int.MaxValue, Math.Max(1, steps));
    }

    private static TrainerOptions Loop(Recipe recipe, int total, int pass, bool validates)
    {
        var train = recipe.Train;
        return new TrainerOptions
        {
            TotalSteps = total,
            PassRows = pass,
            LearningRate = new LearningRate(train.LearningRate!.Value, train.Schedule, train.Warmup.Steps(total), total),
            Optimizer = new AdamWOptions
            {
                Beta1 = train.Beta1,
                Beta2 = train.Beta2,
                Epsilon = train.Epsilon,
                WeightDecay = train.WeightDecay,
                Clip = train.Clip,
            },
            SavedType = train.Saved == DType.BF16 ? DType.BF16 : null,
            Keep = train.Recompute == Recompute.On ? Keep.Recompute : Keep.Saved,
            EmbeddingNoise = train.Neftune,
            Seed = train.Seed,
            EvalEvery = train.EvalEvery!.Value,
            SaveEvery = train.SaveEvery!.Value,
            Patience = train.Patience!.Value,
            KeepBest = train.KeepBest && validates,
            TimeLimit = recipe.Limits.Time,
        };
    }
}
