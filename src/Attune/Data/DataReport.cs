namespace Attune.Data;

/// <summary>What was detected in one file.</summary>
/// <param name="Path">The path as the user wrote it.</param>
/// <param name="Format">How rows are stored: <c>jsonl</c>, <c>json</c>, <c>csv</c> or <c>plain</c>; <c>.gz</c> is added if it is packed.</param>
/// <param name="Shape">What a row is: the name of a shape, such as <c>messages</c>.</param>
/// <param name="Rows">Rows read.</param>
public sealed record FileReport(string Path, string Format, string Shape, int Rows)
{
    /// <summary>How often each row is seen in an epoch of training.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Examples that came of the rows and are left.</summary>
    public int Examples { get; init; }
}

/// <summary>What a data set holds and what was done to it, as data; printed before the first step.</summary>
public sealed record DataReport
{
    /// <summary>Per file what was detected.</summary>
    public required IReadOnlyList<FileReport> Files { get; init; }

    /// <summary>Rows read from all files.</summary>
    public int Rows => Files.Sum(f => f.Rows);

    /// <summary>Examples that are left for training.</summary>
    public required int Examples { get; init; }

    /// <summary>Examples left out because they, or their answers alone, exceed <see cref="MaxLength"/>.</summary>
    public required int DroppedTooLong { get; init; }

    /// <summary>Examples whose prompt lost its beginning.</summary>
    public required int Shortened { get; init; }

    /// <summary>Everything else that a user should know, one sentence each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Lengths in tokens before truncation.</summary>
    public required LengthHistogram Lengths { get; init; }

    /// <summary>Most tokens of one example.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Tokens of all examples.</summary>
    public required long Tokens { get; init; }

    /// <summary>Tokens of all examples that are learned.</summary>
    public required long TrainedTokens { get; init; }

    /// <summary>The learned share of the tokens, from 0 to 1.</summary>
    public double TrainedShare => Tokens == 0 ? 0 : (double)TrainedTokens / Tokens;
}
