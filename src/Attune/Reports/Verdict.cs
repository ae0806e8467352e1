namespace Attune.Reports;

/// <summary>The answer that a report begins with: is the model better at its task, and is that real?</summary>
/// <param name="Tone">Good for a real gain, Warning for a real loss, Note where nothing can be said.</param>
/// <param name="Label">Two or three words for a badge.</param>
/// <param name="Sentence">The answer as a sentence.</param>
/// <param name="Metric">The metric that it rests on; null where none was measured.</param>
public sealed record Verdict(FindingTone Tone, string Label, string Sentence, MetricChange? Metric)
{
    /// <summary>Judges by the first task metric.</summary>
    public static Verdict Of(RunRecord run)
    {
        if (run.Metrics.FirstOrDefault(m => m.Role == MetricRole.Task) is not { } m)
            return new(FindingTone.Note, "Not measured", "Nothing was measured on held-out rows, so nothing can be said about a gain.", null);
        var change = $"{m.Name}: {Numbers.Value(m.Before, m.Unit)} before, {Numbers.Value(m.After, m.Unit)} after";
        if (!double.IsFinite(m.Before) || !double.IsFinite(m.After))
            return new(FindingTone.Warning, "Broken", $"The result cannot be used. {Capital(change)}.", m);
        if (!m.IsReal)
            return new(FindingTone.Note, "Within noise", $"{Capital(change)}. The difference is no larger than the choice of rows can make.", m);
        return m.IsBetter
            ? new(FindingTone.Good, "Real gain", $"{Capital(change)}.", m)
            : new(FindingTone.Warning, "Worse", $"The model became worse at its task. {Capital(change)}.", m);
    }

    internal static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
