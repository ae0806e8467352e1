namespace Attune.Evaluation;

/// <summary>A training row that a model gives back word for word, and that it can have from nowhere else.</summary>
/// <param name="File">The name of the file it came from.</param>
/// <param name="Row">The row's number there, from 1.</param>
/// <param name="Times">How often the same row stands in the training rows.</param>
/// <param name="OwnTokens">Tokens of what it wrote that stand in no other row and not in the row's own beginning.</param>
/// <param name="Context">What the model was given, as text.</param>
/// <param name="Text">What it wrote, which is what the row says.</param>
public sealed record MemorisedRow(string File, int Row, int Times, int OwnTokens, string Context, string Text);

/// <summary>
/// How many training rows a model continues word for word, and how many that it never saw: what it does on both is skill, and what it
/// does on training rows alone is memory (the definition of extraction of Carlini et al. 2023, with unseen rows beside it).
/// </summary>
/// <param name="Rows">Training rows that were continued.</param>
/// <param name="Verbatim">Those of them whose rest was written to the token.</param>
/// <param name="UnseenRows">Unseen rows that were continued.</param>
/// <param name="UnseenVerbatim">Those of them whose rest was written to the token.</param>
public sealed record Memorisation(int Rows, int Verbatim, int UnseenRows, int UnseenVerbatim)
{
    /// <summary>Mean share of a training row's rest that was written in one run, from 0 to 1.</summary>
    public double Run { get; init; }

    /// <summary>The same of unseen rows.</summary>
    public double UnseenRun { get; init; }

    /// <summary>Rows that were given back and can be known from nowhere else; among them such as recur often, which <see cref="Rows"/> does not count.</summary>
    public IReadOnlyList<MemorisedRow> Found { get; init; } = [];

    /// <summary>Share of training rows continued word for word.</summary>
    public double Share => Rows == 0 ? 0 : (double)Verbatim / Rows;

    /// <summary>Share of unseen rows continued word for word.</summary>
    public double UnseenShare => UnseenRows == 0 ? 0 : (double)UnseenVerbatim / UnseenRows;

    /// <summary>By how much the first share exceeds the second.</summary>
    public double Excess => Share - UnseenShare;

    /// <summary>Its 95 % interval over the choice of rows.</summary>
    public Interval Interval => Proportion.Difference(Verbatim, Math.Max(1, Rows), UnseenVerbatim, UnseenRows);
}
