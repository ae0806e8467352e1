namespace Attune.Reports;

/// <summary>The answer that a report begins with: is the model better at its task, and is that real?</summary>
/// <param name="Tone">Good for a real gain, Warning for a real loss, Note where nothing can be said.</param>
/// <param name="Label">Two or three words for a badge.</param>
/// <param name="Sentence">The answer as a sentence.</param>
/// <param name="Metric">The change that it rests on; null where none was measured.</param>
public sealed record Verdict(FindingTone Tone, string Label, string Sentence, MetricChange? Metric)
{
    /// <summary>Judges by the first task metric.</summary>
    public static Verdict Of(RunRecord run)
    {
        if (run.Values.Count > 0)
            return Alone(run.Values[0]);
        // Of suites alone the first measure is what was asked.
        if ((run.Metrics.FirstOrDefault(static m => m.Role == MetricRole.Task) ?? (IsComparison(run) && run.Metrics is [var first, ..] ? first : null)) is not { } m)
            return new(FindingTone.Note, "Not measured", "Nothing was measured on held-out rows, so nothing can be said about a gain.", null);
        var (before, after) = (Numbers.Value(m.Before, m.Unit), Numbers.Value(m.After, m.Unit));
        var tuned = !IsComparison(run);
        var change = tuned ? $"{m.Name} went from {before} to {after}" : $"{m.Name} is {after}, against {before}";
        if (!double.IsFinite(m.Before) || !double.IsFinite(m.After))
            return new(FindingTone.Warning, "Broken", $"The result cannot be used: {change}.", m);
        if (!m.IsReal)
            return new(FindingTone.Note, "Within noise", $"No clear difference: {change}, no more than the choice of rows can make.", m);
        var better = tuned ? "The model became better at its task" : $"{Capital(run.Sides.After)} is better than {run.Sides.Before}";
        var worse = tuned ? "The model became worse at its task" : $"{Capital(run.Sides.After)} is worse than {run.Sides.Before}";
        return m.IsBetter
            ? new(FindingTone.Good, "Real gain", $"{better}: {change}.", m)
            : new(FindingTone.Warning, "Worse", $"{worse}: {change}.", m);
    }

    // Two models, rather than one before and after tuning.
    internal static bool IsComparison(RunRecord run) => run.Sides != ("before", "after");

    private static Verdict Alone(MetricValue v) => double.IsFinite(v.Value)
        ? new(FindingTone.Note, "Measured", $"{Capital(v.Name)}: {Numbers.Value(v.Value, v.Unit)} on {Numbers.Count(v.Count)} rows; on other rows of this kind it would mostly lie within {Numbers.Interval(v)}.", null)
        : new(FindingTone.Warning, "Broken", $"The model cannot be used: {v.Name} is {Numbers.Value(v.Value, v.Unit)}.", null);

    internal static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
