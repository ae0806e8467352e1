using Attune.Evaluation.Metrics;

namespace Attune.Evaluation.Suites;

/// <summary>What a task's numbers are evidence of.</summary>
public enum SuiteCounts
{
    /// <summary>Whether what a model says is true: a fall is more hallucination.</summary>
    Truth,

    /// <summary>The task that the model is tuned for.</summary>
    Task,

    /// <summary>What the model could do before and should still do.</summary>
    Retention,
}

/// <summary>A yes or no about a row.</summary>
/// <param name="Column">The column, path or template that holds it.</param>
/// <param name="Is">The values that mean yes; case does not count.</param>
public sealed record SuiteFlag(string Column, IReadOnlyList<string> Is);

/// <summary>One task of a suite: which rows, what is asked of them, how the answers are judged. Columns are written as in <c>data.columns</c>.</summary>
public sealed record SuiteTask
{
    /// <summary>Most rows of a task that does not say how many.</summary>
    public const int DefaultRows = 200;

    /// <summary>Most tokens of an answer in a task that does not say how many.</summary>
    public const int DefaultTokens = 32;

    /// <summary>What tables call it.</summary>
    public required string Name { get; init; }

    /// <summary>What it measures, and who published it.</summary>
    public string About { get; init; } = "";

    /// <summary>Files of rows beneath the folder of the data: a <c>*</c> in the file's name stands for anything, <c>#part</c> names a part of a JSON document.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>What the model is asked: the user's message where there is a chat template.</summary>
    public required string Prompt { get; init; }

    /// <summary>What stands before the answer where there is no chat template; null for the prompt itself.</summary>
    public string? RawPrompt { get; init; }

    /// <summary>The expected answer; of several true ones the best.</summary>
    public required string Answer { get; init; }

    /// <summary>All true answers; the best need not be among them.</summary>
    public string? Right { get; init; }

    /// <summary>Answers that are false.</summary>
    public string? Wrong { get; init; }

    /// <summary>Answers that are the same for all rows, of which <see cref="Answer"/> is one (case does not count).</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>All answers that count as right.</summary>
    public string? Accepted { get; init; }

    /// <summary>What stands between the answers where a column holds several in one text.</summary>
    public string Separator { get; init; } = ";";

    /// <summary>What every answer that is chosen among ends with: a full stop, say.</summary>
    public string Close { get; init; } = "";

    /// <summary>The text that an answer must stand in.</summary>
    public string? Context { get; init; }

    /// <summary>Of abstention: whether the row should not be answered. Of AUC over single answers: whether the answer is right.</summary>
    public SuiteFlag? Flag { get; init; }

    /// <summary>Regular expressions that find an abstention in an answer.</summary>
    public IReadOnlyList<string> Abstains { get; init; } = [];

    /// <summary>How answers are judged.</summary>
    public required IReadOnlyList<Metric> Metrics { get; init; }

    /// <summary>Most rows, spread evenly over the files; of rows with a flag as many with as without.</summary>
    public int Rows { get; init; } = DefaultRows;

    /// <summary>Most tokens of an answer.</summary>
    public int MaxNewTokens { get; init; } = DefaultTokens;

    /// <summary>What its numbers are evidence of.</summary>
    public SuiteCounts Counts { get; init; }

    /// <summary>Everything that some metric is computed from.</summary>
    public Evidence Needs => Metrics.Aggregate(default(Evidence), static (all, m) => all | m.Needs);
}

/// <summary>Tasks that are measured together.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">Where its files are looked for; null for a suite that comes with Attune, whose files are the user's to have.</param>
/// <param name="Tasks">At least one.</param>
public sealed record Suite(string Name, string? Folder, IReadOnlyList<SuiteTask> Tasks)
{
    /// <summary>Suites that come with Attune, by name.</summary>
    public static IReadOnlyList<string> BuiltIn { get; } = ["truth"];

    /// <summary>Opens a suite that comes with Attune, or a file.</summary>
    /// <param name="given">A name of <see cref="BuiltIn"/>, or a path.</param>
    /// <exception cref="Problems.UserErrorException">There is no such suite, or something in it is wrong.</exception>
    public static Suite Open(string given)
    {
        if (!BuiltIn.Contains(given))
            return SuiteReader.Read(given);
        using var stream = typeof(Suite).Assembly.GetManifestResourceStream($"suite-{given}.json")
            ?? throw new InvalidOperationException($"suite-{given}.json is not embedded");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return SuiteReader.Parse($"suite {given}", bytes.ToArray(), null);
    }
}
