using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Objectives;

namespace Attune.Training;

/// <summary>Loss and gradients of one optimizer step, over any split into micro-batches: loss = Σ over trained tokens / their number in the whole step.</summary>
/// <param name="model">What is trained.</param>
/// <param name="backend">Runs the kernels.</param>
/// <param name="arena">Memory, as planned.</param>
/// <param name="options">How.</param>
/// <param name="prefix">What enters the lowest trained block, kept; null for nothing.</param>
public sealed class GradientStep(TrainingModel model, Backend backend, Arena arena, TrainerOptions options, PrefixCache? prefix = null)
{
    /// <summary>Accumulates the gradients of <paramref name="step"/>; returns the mean loss.</summary>
    /// <param name="step">Its micro-batches.</param>
    /// <param name="number">Optimizer steps done before: what randomness counts by.</param>
    /// <param name="cancel">Looked at before every micro-batch.</param>
    public double Run(OptimizerStep step, int number, CancellationToken cancel)
    {
        step = Written(step, number, cancel);
        model.Weights.RestartGradients();
        double sum = 0;
        foreach (var batch in step.MicroBatches.Where(static b => b.TrainedTokens > 0))
        {
            cancel.ThrowIfCancellationRequested();
            sum += RunMicroBatch(new PassInput(batch, options.PassRows, prefix), number, 1f / step.TrainedTokens);
        }
        model.Weights.ClearUnreached();
        return sum / Math.Max(1, step.TrainedTokens);
    }

    // The same every time, as long as the weights are.
    private OptimizerStep Written(OptimizerStep step, int number, CancellationToken cancel) =>
        options.OnPolicy?.Write(step, number, model, backend.Exact, arena, cancel) ?? step;

    /// <summary>Forward and backward of one micro-batch; returns its summed loss. Public so that the memory plan runs the very same.</summary>
    public double RunMicroBatch(PassInput input, int number, float scale)
    {
        using var tape = new Tape(backend, arena) { SavedType = options.SavedType };
        var (losses, terms) = Forward(tape, input, number, scale);
        // Read before backward, which frees what no operation saved.
        var sum = terms.Sum(t => backend.Optimizer.Sum(t.RowLosses));
        tape.Backward(losses);
        return sum;
    }

    // What is minimised, and of what it is made: where, and by row.
    private (IReadOnlyList<Var> Losses, IReadOnlyList<(string Section, Tensor RowLosses)> Terms) Forward(Tape tape, PassInput input, int number, float scale)
    {
        var goal = options.Objective.For(tape, input);
        var tap = goal.Hidden is { } hidden ? new HiddenTap(hidden, input, scale, model.Weights.Find) : null;
        var (loss, rowLosses) = NextToken.Forward(tape, model.Decoder, PassOf(input, number) with { Tap = tap }, input, scale, goal.Tokens);
        var others = tap?.Terms ?? [];
        return ([loss, .. others.Select(static t => t.Loss)], [(tape.Section, rowLosses), .. others.Select(static t => (t.Section, t.RowLosses))]);
    }

    /// <summary>
    /// Runs the step's forward again with a look at every result, and names the first operation that made a number that is not
    /// finite; null where all are finite and the gradients are too.
    /// </summary>
    /// <param name="step">Its micro-batches.</param>
    /// <param name="number">Optimizer steps done before.</param>
    /// <param name="nameOf">File and row of the example of an index.</param>
    public string? FindNonFinite(OptimizerStep step, int number, Func<int, string> nameOf)
    {
        foreach (var batch in Written(step, number, default).MicroBatches.Where(static b => b.TrainedTokens > 0))
        {
            var input = new PassInput(batch, options.PassRows);
            (string Op, string Section, int Row)? found = null;
            Tape? tape = null;
            tape = new Tape(backend, arena, record: false, op =>
            {
                if (found is null && FirstBadRow(op) is { } row)
                    found = (op.GetType().Name, tape!.Section, row);
            });
            using (tape)
            {
                var (_, terms) = Forward(tape, input, number, 1);
                if (found is not var (op, section, row))
                    continue;
                // A loss works on trained rows only, and its result is a sum: the losses tell the row.
                if (terms.FirstOrDefault(t => t.Section == section).RowLosses is { } losses && FirstBadColumn(losses) is { } trained)
                    row = input.TrainedRows[trained];
                return $"{op} in {section}, {NameOf(batch, row, nameOf)}";
            }
        }
        var culprits = model.Weights.Parameters.Where(static p => !IsFinite(p.Grad!)).Select(static p => p.Name).ToArray();
        return culprits.Length == 0 ? null : $"the gradients of {string.Join(", ", culprits.Take(3))}{(culprits.Length > 3 ? " …" : "")}";
    }

    private static string NameOf(Batch batch, int row, Func<int, string> nameOf)
    {
        if (row >= batch.Tokens)
            return "filling behind the batch";
        var sequence = Array.FindLastIndex(batch.SequenceStarts, s => s <= row);
        return $"{nameOf(batch.Rows[sequence])}, token {row - batch.SequenceStarts[sequence] + 1}";
    }

    private static int? FirstBadRow(Op op)
    {
        foreach (var value in op.Outs.Select(static o => o.Value))
        {
            for (var r = 0; r < value.Rows; r++)
            {
                if (!IsFinite(value.RowRange(r, 1)))
                    return r;
            }
        }
        return null;
    }

    private static int? FirstBadColumn(Tensor row)
    {
        for (var c = 0; c < row.Cols; c++)
        {
            if (!double.IsFinite(row.Read(0, c)))
                return c;
        }
        return null;
    }

    private static bool IsFinite(Tensor tensor)
    {
        for (var r = 0; r < tensor.Rows; r++)
        {
            if (FirstBadColumn(tensor.RowRange(r, 1)) is not null)
                return false;
        }
        return true;
    }

    private Pass PassOf(PassInput input, int number) => input.Pass with
    {
        Adapters = model.Adapters,
        Keep = options.Keep,
        Dropout = true,
        EmbeddingNoise = options.EmbeddingNoise,
        Random = RandomKey.OfSeed(options.Seed).For("dropout").At(number),
    };
}
