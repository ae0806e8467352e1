using Attune.Evaluation.Metrics;
using Attune.Problems;

namespace Attune.Evaluation.Suites;

/// <summary>A way of judging that only suites have, since it needs more of a row than question and answer.</summary>
/// <param name="Name">As a suite writes it.</param>
/// <param name="Help">What it measures.</param>
/// <param name="Lacks">What the task lacks for it; null where it lacks nothing.</param>
/// <param name="Make">Makes the metric.</param>
public sealed record SuiteMetricKind(string Name, string Help, Func<SuiteTask, string?> Lacks, Func<SuiteTask, Parsed> Make);

/// <summary>Every metric of suites. To add one: a file beside this one and a line here.</summary>
public static class SuiteMetrics
{
    /// <summary>The table, in the order of the help.</summary>
    public static IReadOnlyList<SuiteMetricKind> All { get; } =
    [
        new("mc1", "the best true answer is likelier than every false one", NeedsWrong, static _ => new TrueChoice(mass: false)),
        new("mc2", "the share of the answers' probability that is on true ones", NeedsWrong, static _ => new TrueChoice(mass: true)),
        new("right-over-wrong", "the right answer is likelier per byte than every wrong one", NeedsWrong, static _ => new RightOverWrong()),
        new("auc", "how often a right answer scores above a wrong one, over all pairs of rows", NeedsBoth, static _ => new AnswerAuc()),
        new("abstain", "precision, recall and F1 of saying that a question cannot be answered", NeedsFlag, Abstention.Parse),
        new("grounded", "words and numbers of the answer that stand in the context", static t => t.Context is null ? "context" : null, static _ => new Groundedness()),
        new("accepted", "the answer is an accepted one, holds one, or shares words with one", static t => t.Accepted is null ? "accepted" : null, static _ => new AcceptedAnswer()),
    ];

    // Of the metrics of recipes those that judge an answer, or a choice among fixed ones.
    private static readonly string[] Plain = ["exact", "first-line", "regex", "label", "numeric", "f1", "rouge-l", "json", "json-fields"];

    /// <summary>All names, for messages and help.</summary>
    public static string Forms { get; } = string.Join(", ", [.. All.Select(static k => k.Name), "choice", .. MetricTable.All.Where(static k => Plain.Contains(k.Name)).Select(static k => k.Form)]);

    /// <summary>Reads a metric's name for a task.</summary>
    internal static Parsed Parse(string text, SuiteTask task)
    {
        if (All.FirstOrDefault(k => k.Name == text) is { } kind)
            return kind.Lacks(task) is { } lacks ? Parsed.Wrong($"{text} needs the key {lacks}, which the task does not have") : kind.Make(task);
        if (text == "choice")
            return task.Choices.Count < 2 ? Parsed.Wrong("choice needs the key choices with two answers at least") : new ChoiceMetric(null);
        if (Plain.Contains(text.Split(':', 2)[0]))
            return MetricTable.Parse(text);
        var near = Nearest.To(text, [.. All.Select(static k => k.Name), "choice", .. Plain]);
        return Parsed.Wrong($"'{text}' is no metric of suites" + (near is null ? "" : $" (did you mean {near}?)"));
    }

    private static string? NeedsWrong(SuiteTask task) => task.Wrong is null ? "wrong" : null;

    private static string? NeedsBoth(SuiteTask task) => task.Wrong is null && task.Flag is null && task.Choices.Count != 2 ? "wrong, flag, or choices with two answers" : null;

    private static string? NeedsFlag(SuiteTask task) => task.Flag is null ? "flag" : task.Abstains.Count == 0 ? "abstains" : null;
}
