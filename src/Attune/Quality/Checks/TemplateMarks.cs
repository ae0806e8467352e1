using Attune.Problems;
using Attune.Quality.Detectors;

namespace Attune.Quality.Checks;

/// <summary>Answers that hold marks of a chat template or of a prompt's form: the model would learn to write them, and to speak for the user.</summary>
internal sealed class TemplateMarks : QualityCheck
{
    private readonly SortedDictionary<string, long> marks = new(StringComparer.Ordinal);

    public static QualityCheckKind Kind { get; } = new("marks", "template marks in answers", "one pass", static _ => new TemplateMarks())
    {
        Remedies = [new("marks", "drops rows whose answer holds marks of a chat template")],
    };

    public override string? Look(QualityRow row)
    {
        if (row.Chat.Kind == Data.ConversationKind.Document) return null;
        foreach (var turn in row.Chat.Turns)
        {
            // What the prompt shows may be answered in the same form.
            if (!turn.Trained || PromptLeaks.MarkIn(turn.Content) is not { } mark || row.Prompt.Contains(mark, StringComparison.Ordinal)) continue;
            marks[mark] = marks.GetValueOrDefault(mark) + 1;
            return $"answers with the mark {mark}";
        }
        return null;
    }

    public override QualitySummary Summarise(long concerned, long rows) => new(
        concerned == 0 ? QualitySeverity.Fine : QualitySeverity.Warning,
        concerned == 0 ? "none" : $"{concerned.Grouped()} of {rows.Grouped()} answers hold marks of a template or of a prompt: {string.Join(", ", marks.OrderByDescending(static m => m.Value).Take(5).Select(static m => $"{m.Key} in {m.Value.Grouped()}"))}");
}
