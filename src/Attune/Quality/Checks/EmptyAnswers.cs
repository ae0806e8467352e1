using Attune.Data;
using Attune.Problems;
using Attune.Quality.Detectors;

namespace Attune.Quality.Checks;

/// <summary>Answers that say nothing: empty, punctuation alone, or what programs write where nothing is.</summary>
internal sealed class EmptyAnswers : QualityCheck
{
    // A filler that many rows share is a label of the data.
    private const double LabelShare = 0.05;

    private readonly Dictionary<string, List<int>> fillers = new(StringComparer.OrdinalIgnoreCase);
    private long rows;

    public static QualityCheckKind Kind { get; } = new("empty", "empty answers", "one pass; the ids of fillers", static _ => new EmptyAnswers())
    {
        Remedies = [new("empty", "drops rows whose answer says nothing")],
    };

    public override string? Look(QualityRow row)
    {
        rows++;
        if (row.Chat.Turns.Any(static t => t.Extra.ContainsKey("tool_calls"))) return null;
        if (AnswerEnds.IsEmpty(row.Answer)) return row.Answer.Trim().Length == 0 ? "has an empty answer" : $"is answered by \"{row.Answer.Trim()}\" alone";
        if (!AnswerEnds.IsFiller(row.Answer)) return null;
        var filler = row.Answer.Trim();
        if (!fillers.TryGetValue(filler, out var ids)) fillers[filler] = ids = [];
        ids.Add(row.Id);
        return null;
    }

    public override string? LookUnreadable(UnreadableRow row) =>
        row.Problems.Faults.Contains(RowFault.Empty) ? "has an empty answer" : null;

    public override IEnumerable<Concern> Late(RowMarks gone, CancellationToken cancel) => fillers.Where(f => f.Value.Count < Math.Max(2, LabelShare * rows))
        .SelectMany(static f => f.Value.Select(id => (Filler: f.Key, Id: id))).Where(f => !gone[f.Id]).OrderBy(static f => f.Id).Select(static f => new Concern(f.Id, $"is answered by \"{f.Filler}\""));

    public override QualitySummary Summarise(long concerned, long rows) => new(
        concerned == 0 ? QualitySeverity.Fine : QualitySeverity.Warning,
        concerned == 0 ? "every answer says something" : $"{concerned.Grouped()} of {rows.Grouped()} answers say nothing");
}
