using Attune.Data;
using Attune.Evaluation.Metrics;

namespace Attune.Augmentation;

/// <summary>What is made of which rows.</summary>
public sealed record AugmentOptions
{
    /// <summary>Files of rows; rows in them that augmentation made are not made more of, but nothing like them is made again.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>Field of a row's shape → column of the file, where they differ.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>How rows are made, in turn.</summary>
    public required IReadOnlyList<Augmenter> By { get; init; }

    /// <summary>The file of new rows: JSON lines with the fields that the parents have.</summary>
    public required string Out { get; init; }

    /// <summary>New rows of each row; where classes are balanced, at the most.</summary>
    public int Times { get; init; } = 1;

    /// <summary>α of Wei and Zou (2019): the part of a prompt's words that is changed.</summary>
    public double Alpha { get; init; } = 0.1;

    /// <summary>What rows are counted by, to give rare classes more new ones: a field, <c>label</c> or <c>label:PATTERN</c>; null for all rows alike.</summary>
    public string? Balance { get; init; }

    /// <summary>Rows that each class is brought to; null for as many as the largest has.</summary>
    public int? Target { get; init; }

    /// <summary>Where a message goes and comes back from: a language, or <c>summary</c>.</summary>
    public string Via { get; init; } = "German";

    /// <summary>Rows that a model is shown before it writes a new one.</summary>
    public int Shown { get; init; } = 4;

    /// <summary>The metric by which the teacher's own answer to a new prompt must agree with its row's; null where nobody looks.</summary>
    public Metric? Check { get; init; }

    /// <summary>Rows that the teacher is shown, with their answers, before it is asked a new prompt; none for a model that is tuned on the task.</summary>
    public int CheckShown { get; init; }

    /// <summary>Seed of all draws.</summary>
    public long Seed { get; init; } = 1;
}

/// <summary>What became of one augmenter's work.</summary>
/// <param name="Name">The augmenter.</param>
/// <param name="Tried">Rows that it was to make.</param>
/// <param name="Kept">Rows that it made.</param>
/// <param name="Dropped">The others, by the reason, the most frequent first.</param>
public sealed record AugmenterResult(string Name, int Tried, int Kept, IReadOnlyList<(string Reason, int Count)> Dropped);

/// <summary>One class before and after.</summary>
/// <param name="Label">What its rows have in common.</param>
/// <param name="Before">Rows that it had, those that were made before among them.</param>
/// <param name="Made">New rows.</param>
/// <param name="Wanted">New rows that were wanted.</param>
public sealed record ClassResult(string Label, int Before, int Made, int Wanted);

/// <summary>What became of an augmentation.</summary>
/// <param name="Out">The file of new rows.</param>
/// <param name="Parents">Rows that others could be made of.</param>
/// <param name="Wanted">New rows that were wanted.</param>
/// <param name="Made">New rows.</param>
/// <param name="Augmenters">By augmenter.</param>
/// <param name="Classes">By class; one without a label where classes are not balanced.</param>
/// <param name="Unlabelled">Rows without a class, which are left alone; 0 where classes are not balanced.</param>
/// <param name="Checked">On how many of the parents' own labels the teacher agrees, of how many that were asked; null where nobody looked.</param>
/// <param name="Logs">Files that hold what a model wrote: the same command goes on from them.</param>
public sealed record AugmentResult(
    string Out, int Parents, int Wanted, int Made, IReadOnlyList<AugmenterResult> Augmenters, IReadOnlyList<ClassResult> Classes, int Unlabelled, (int Agreed, int Asked)? Checked, IReadOnlyList<string> Logs);
