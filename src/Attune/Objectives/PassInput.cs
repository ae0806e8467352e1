using Attune.Data;
using Attune.Engine.Backends;
using Attune.Models;

namespace Attune.Objectives;

/// <summary>
/// A batch as a pass takes it: filled up with sequences of one token that nothing is learned from, to one of the few numbers of rows
/// that the memory plan was made with (<see cref="PassRows"/>).
/// </summary>
public sealed class PassInput
{
    /// <summary>The batch, filled up.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="mostRows">Rows of the largest pass.</param>
    /// <param name="prefix">What is known of its rows, and what learns of them; null for nothing.</param>
    public PassInput(Batch batch, int mostRows, PrefixCache? prefix = null)
    {
        var rows = PassRows.For(batch.Tokens, mostRows);
        var fill = rows - batch.Tokens;
        Batch = batch;
        Stream = prefix?.For(batch, fill);
        Ids = [.. batch.Ids, .. new int[fill]];
        // Rows that see only themselves cost no attention.
        Lengths = [.. batch.SequenceLengths, .. Enumerable.Repeat(1, fill)];
        Positions = [.. batch.Positions, .. new int[fill]];
        RowNumbers = new int[rows];
        for (var s = 0; s < batch.SequenceLengths.Length; s++)
        {
            for (var i = 0; i < batch.SequenceLengths[s]; i++)
                RowNumbers[batch.SequenceStarts[s] + i] = batch.StepOffsets[s] + i;
        }
        TrainedRows = [.. Enumerable.Range(0, batch.Tokens).Where(i => batch.Weights[i] != 0)];
        Targets = [.. TrainedRows.Select(i => batch.Targets[i])];
        Weights = [.. TrainedRows.Select(i => batch.Weights[i])];
        if (batch.Examples.Any(static e => e.IsOwn))
            IsLabel = [.. TrainedRows.Select(i => !batch.Examples[Array.FindLastIndex(batch.SequenceStarts, s => s <= i)].IsOwn)];
    }

    /// <summary>What it was made of.</summary>
    public Batch Batch { get; }

    /// <summary>Token ids, T.</summary>
    public int[] Ids { get; }

    /// <summary>Lengths of the sequences, filling included.</summary>
    public int[] Lengths { get; }

    /// <summary>Positions, T.</summary>
    public int[] Positions { get; }

    /// <summary>Each row's number within the whole optimizer step, T: what randomness counts by.</summary>
    public int[] RowNumbers { get; }

    /// <summary>Rows whose next token is learned.</summary>
    public int[] TrainedRows { get; }

    /// <summary>The next token of each trained row.</summary>
    public int[] Targets { get; }

    /// <summary>The weight of each trained row.</summary>
    public float[] Weights { get; }

    /// <summary>Of each trained row whether its next token is the data's, and not one that the student wrote; null where all are.</summary>
    public bool[]? IsLabel { get; }

    /// <summary>See <see cref="Pass.Stream"/>.</summary>
    public IStreamCache? Stream { get; init; }

    /// <summary>The pass over this input, without adapters, cache or randomness.</summary>
    public Pass Pass => new() { Plan = AttentionPlan.Packed(Lengths), Positions = Positions, RowNumbers = RowNumbers, Stream = Stream };
}
