namespace Attune.Data;

/// <summary>A micro-batch: sequences one behind the other, without padding. All arrays over positions have <see cref="Tokens"/> entries.</summary>
/// <param name="Ids">Input token per position.</param>
/// <param name="Targets">The token that follows it in its sequence; there is always one, since a sequence's last token is no input.</param>
/// <param name="Weights">1 where the target is trained, else 0.</param>
/// <param name="Positions">Position within the sequence, from 0.</param>
/// <param name="SequenceStarts">First position of each sequence.</param>
/// <param name="SequenceLengths">Positions of each sequence.</param>
/// <param name="StepOffsets">Where each sequence would begin if the optimizer step were a single micro-batch; the counter for random numbers, so that a split draws the same.</param>
/// <param name="Rows">Index of each sequence's example in the list that the packer was given.</param>
/// <param name="TrainedTokens">How many weights are 1.</param>
public sealed record Batch(
    int[] Ids, int[] Targets, float[] Weights, int[] Positions, int[] SequenceStarts, int[] SequenceLengths, int[] StepOffsets, int[] Rows, int TrainedTokens)
{
    /// <summary>The examples themselves, one a sequence.</summary>
    public IReadOnlyList<Example> Examples { get; private init; } = [];

    /// <summary>How many positions it has.</summary>
    public int Tokens => Ids.Length;

    /// <summary>The largest batch that so many rows can hold, for plans: one sequence, every row trained.</summary>
    public static Batch Full(int rows) => Of([new Example(new int[rows + 1], [false, .. Enumerable.Repeat(true, rows)], "", 0, 0)], [0]);

    /// <summary>Lays examples one behind the other.</summary>
    /// <param name="examples">All examples.</param>
    /// <param name="rows">Which of them, in order.</param>
    /// <param name="stepOffsets">Where each begins in the optimizer step; null if this batch is the whole step.</param>
    public static Batch Of(IReadOnlyList<Example> examples, IReadOnlyList<int> rows, IReadOnlyList<int>? stepOffsets = null)
    {
        var total = rows.Sum(r => examples[r].Positions);
        var (ids, targets, weights, positions) = (new int[total], new int[total], new float[total], new int[total]);
        var (starts, lengths) = (new int[rows.Count], new int[rows.Count]);
        var at = 0;
        var trained = 0;
        for (var s = 0; s < rows.Count; s++)
        {
            var example = examples[rows[s]];
            var n = example.Positions;
            starts[s] = at;
            lengths[s] = n;
            example.Ids.AsSpan(0, n).CopyTo(ids.AsSpan(at));
            example.Ids.AsSpan(1, n).CopyTo(targets.AsSpan(at));
            for (var i = 0; i < n; i++)
            {
                positions[at + i] = i;
                if (!example.Trained[i + 1]) continue;
                weights[at + i] = 1;
                trained++;
            }
            at += n;
        }
        return new Batch(ids, targets, weights, positions, starts, lengths, [.. stepOffsets ?? starts], [.. rows], trained)
        {
            Examples = [.. rows.Select(r => examples[r])],
        };
    }
}

/// <summary>What one update of the weights sees.</summary>
/// <param name="Cursor">Which step it is.</param>
/// <param name="MicroBatches">Its micro-batches, in the order in which they are run.</param>
/// <param name="Rows">Its examples by index, in the step's order, which does not depend on the micro-batches.</param>
/// <param name="TrainedTokens">Trained tokens over all micro-batches: what the loss is divided by.</param>
public sealed record OptimizerStep(DataCursor Cursor, IReadOnlyList<Batch> MicroBatches, IReadOnlyList<int> Rows, int TrainedTokens)
{
    /// <summary>Positions over all micro-batches.</summary>
    public int Tokens => MicroBatches.Sum(b => b.Tokens);
}

/// <summary>A place in the data: the next step to be trained. Together with seed and data it says everything, so a checkpoint stores these two numbers.</summary>
/// <param name="Epoch">Passes over the data that are complete.</param>
/// <param name="Step">Steps of this epoch that are complete.</param>
public readonly record struct DataCursor(int Epoch, int Step);
