using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Objectives;

namespace Attune.Training;

/// <summary>Loss and gradients of one optimizer step, over any split into micro-batches: loss = Σ over trained tokens / their number in the whole step.</summary>
public sealed class GradientStep(TrainingModel model, Backend backend, Arena arena, TrainerOptions options)
{
    /// <summary>Accumulates the gradients of <paramref name="step"/>; returns the mean loss.</summary>
    /// <param name="step">Its micro-batches.</param>
    /// <param name="number">Optimizer steps done before: what randomness counts by.</param>
    /// <param name="cancel">Looked at before every micro-batch.</param>
    public double Run(OptimizerStep step, int number, CancellationToken cancel)
    {
        model.Weights.RestartGradients();
        double sum = 0;
        foreach (var batch in step.MicroBatches.Where(static b => b.TrainedTokens > 0))
        {
            cancel.ThrowIfCancellationRequested();
            sum += RunMicroBatch(new PassInput(batch, options.PassRows), number, 1f / step.TrainedTokens);
        }
        model.Weights.ClearUnreached();
        return sum / Math.Max(1, step.TrainedTokens);
    }

    /// <summary>Forward and backward of one micro-batch; returns its summed loss. Public so that the memory plan runs the very same.</summary>
    public double RunMicroBatch(PassInput input, int number, float scale)
    {
        using var tape = new Tape(backend, arena);
        var (loss, rowLosses) = NextToken.Forward(tape, model.Decoder, PassOf(input, number), input, scale);
        // Read before backward, which frees what no operation saved.
        var sum = backend.Optimizer.Sum(rowLosses);
        tape.Backward(loss);
        return sum;
    }

    /// <summary>
    /// Runs the step's forward again with a look at every result, and names the first operation that made a number that is not
    /// finite; null where all are finite and the gradients must be to blame.
    /// </summary>
    public string? FindNonFinite(OptimizerStep step, int number)
    {
        foreach (var batch in step.MicroBatches.Where(static b => b.TrainedTokens > 0))
        {
            string? found = null;
            Tape? tape = null;
            tape = new Tape(backend, arena, record: false, op => found ??= Describe(op, tape!.Section, batch));
            using (tape)
                NextToken.Forward(tape, model.Decoder, PassOf(new PassInput(batch, options.PassRows), number), new PassInput(batch, options.PassRows), 1);
            if (found is not null)
                return found;
        }
        var culprits = model.Weights.Parameters.Where(static p => !IsFinite(p.Grad!)).Select(static p => p.Name).ToArray();
        return culprits.Length == 0 ? null : $"the gradients of {string.Join(", ", culprits.Take(3))}{(culprits.Length > 3 ? " …" : "")}";
    }

    private static string? Describe(Op op, string section, Batch batch)
    {
        foreach (var value in op.Outs.Select(static o => o.Value))
        {
            for (var r = 0; r < value.Rows; r++)
            {
                if (IsFinite(value.RowRange(r, 1)))
                    continue;
                var sequence = Array.FindLastIndex(batch.SequenceStarts, s => s <= r);
                var example = value.Rows >= batch.Tokens && sequence >= 0 ? $", example {batch.Rows[sequence] + 1}" : "";
                return $"{op.GetType().Name} in {section}, row {r}{example}";
            }
        }
        return null;
    }

    private static bool IsFinite(Tensor tensor)
    {
        for (var r = 0; r < tensor.Rows; r++)
        {
            for (var c = 0; c < tensor.Cols; c++)
            {
                if (!double.IsFinite(tensor.Read(r, c)))
                    return false;
            }
        }
        return true;
    }

    private Pass PassOf(PassInput input, int number) => input.Pass with
    {
        Adapters = model.Adapters,
        Keep = options.Keep,
        Dropout = true,
        Random = RandomKey.OfSeed(options.Seed).For("dropout").At(number),
    };
}
