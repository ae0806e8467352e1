namespace Attune.Data;

/// <summary>A tokenized row with its loss mask, as it is trained: no longer than the maximum, with at least one trained token, ending at its last.</summary>
/// <param name="Ids">Token ids, at least two.</param>
/// <param name="Trained">Per token whether the model learns to write it; the first never is, since nothing precedes it.</param>
/// <param name="File">The name of the file it came from.</param>
/// <param name="Row">The row's number there, from 1.</param>
/// <param name="Group">Rows with the same group are near-duplicates or parts of one row, and are never torn apart by a split.</param>
public sealed record Example(int[] Ids, bool[] Trained, string File, int Row, ulong Group)
{
    /// <summary>How often it is seen in an epoch of training, on the average; see <see cref="DataSource.Weight"/>.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Whether the answer is the student's own and not the data's: then it is no label.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Whether it is seen only from <see cref="PackerOptions.DelayedFrom"/> on.</summary>
    public bool Delayed { get; init; }

    /// <summary>Groups beside none of which it may be trained while they are measured on: of an augmented row's parents, then of what it asks itself; else none.</summary>
    public IReadOnlyList<ulong> Kin { get; init; } = [];

    /// <summary>Whether augmentation made it.</summary>
    public bool IsAugmented => Kin.Count > 0;

    /// <summary>How many positions it takes in a batch: every token but the last predicts its successor.</summary>
    public int Positions => Ids.Length - 1;

    /// <summary>How many tokens are learned.</summary>
    public int TrainedTokens => Trained.Count(t => t);

    /// <summary>What stands before the first answer: the prompt that a generation begins from.</summary>
    public ReadOnlySpan<int> Prompt => Ids.AsSpan(0, Array.IndexOf(Trained, true));

    /// <summary>The first answer with its stop token: what the generation should be.</summary>
    public ReadOnlySpan<int> Answer
    {
        get
        {
            var start = Array.IndexOf(Trained, true);
            var end = Array.IndexOf(Trained, false, start);
            return Ids.AsSpan(start..(end < 0 ? Ids.Length : end));
        }
    }
}
