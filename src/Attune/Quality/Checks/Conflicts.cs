using Attune.Problems;

namespace Attune.Quality.Checks;

/// <summary>
/// Rows whose very prompt (system message and tools included, <see cref="RowKey"/>) stands elsewhere with another answer: noise where answers are
/// labels or facts, variety where they are free text.
/// </summary>
internal sealed class Conflicts(QualityContext context) : QualityCheck
{
    private const string Majority = "conflict-majority";

    private readonly RowLedger ledger = context.Ledger;
    private readonly RowMarks asking = new(), labels = new();
    private readonly WordHashes words = new();
    private long prompts, labelled;

    public static QualityCheckKind Kind { get; } = new("conflict", "same prompt, other answer", "one pass; 16 bytes a row on a scratch file, 4 in memory", static c => new Conflicts(c))
    {
        Remedies =
        [
            new("conflict", "drops all rows whose prompt stands elsewhere with another answer"),
            new(Majority, "of such rows keeps those with the answer that is given most often; none where two are given equally often"),
        ],
    };

    public override string? Look(QualityRow row)
    {
        // Nothing asked: every answer is as good as any other.
        if (string.IsNullOrWhiteSpace(row.Prompt)) return null;
        asking.Add(row.Id);
        words.Clear();
        words.Add(row.Answer, NearDuplicates.LongAnswer);
        if (words.Count < NearDuplicates.LongAnswer) labels.Add(row.Id);
        return null;
    }

    public override IEnumerable<Concern> Late(RowMarks gone, CancellationToken cancel)
    {
        var others = new int[ledger.Count];
        Array.Fill(others, -1);
        KeyGroups.Each(ledger, gone, static k => k.Prompt, rows => Judge(rows, others), cancel);
        for (var id = ledger.FirstLooked; id < others.Length; id++)
        {
            if (others[id] >= 0) yield return new Concern(id, $"has the prompt of {ledger.PlaceOf(others[id], id)} and another answer", others[id]);
        }
    }

    public override QualitySummary Summarise(long concerned, long rows) => new(
        labelled > 0 ? QualitySeverity.Warning : concerned > 0 ? QualitySeverity.Note : QualitySeverity.Fine,
        concerned == 0 ? "no prompt has two answers"
            : $"{concerned.Grouped()} rows ask one of {prompts.Grouped()} prompts that have several answers" + (labelled == 0 ? ", all of them free text" : $"; for {labelled.Grouped()} of the prompts they are labels or short facts, which cannot all be right"))
    {
        Figures = [("prompts", prompts), ("short_answers", labelled)],
    };

    // The rows of a prompt, those of one answer side by side.
    private void Judge(ReadOnlySpan<KeyGroups.Entry> rows, int[] others)
    {
        if (rows[0].Answer == rows[^1].Answer || !asking[rows[0].Id]) return;
        prompts++;
        var best = context.Remedy?.Name == Majority ? MostGiven(rows) : null;
        var isLabelled = false;
        foreach (var row in rows)
        {
            isLabelled |= labels[row.Id];
            // The ends have different answers, so that one of them is another.
            if (row.Answer != best) others[row.Id] = row.Answer == rows[0].Answer ? rows[^1].Id : rows[0].Id;
        }
        labelled += isLabelled ? 1 : 0;
    }

    // The answer that more rows give than any other; null for a draw.
    private static ulong? MostGiven(ReadOnlySpan<KeyGroups.Entry> rows)
    {
        var (best, most) = ((ulong?)null, 0);
        for (int start = 0, end; start < rows.Length; start = end)
        {
            end = start + 1;
            while (end < rows.Length && rows[end].Answer == rows[start].Answer) end++;
            if (end - start == most) best = null;
            if (end - start > most) (best, most) = (rows[start].Answer, end - start);
        }
        return best;
    }
}
