using Attune.Evaluation.Metrics;

namespace Attune.Distillation;

/// <summary>Which answers of a teacher are worth learning.</summary>
public sealed record FilterOptions
{
    /// <summary>Whether answers that were cut off at the longest allowed stay; they have no end to learn.</summary>
    public bool KeepUnfinished { get; init; }

    /// <summary>Fewest characters.</summary>
    public int MinLength { get; init; } = 1;

    /// <summary>Most characters; null for any number.</summary>
    public int? MaxLength { get; init; }

    /// <summary>An answer must be right by this metric, given the row's own answer; null where it need not.</summary>
    public Metric? Agrees { get; init; }

    /// <summary>
    /// Self-consistency (Wang et al. 2022): more than half of a row's answers must be the same by this metric, and those stay; null
    /// where each stands for itself.
    /// </summary>
    public Metric? Majority { get; init; }
}

/// <summary>Chooses among answers, and counts why others go. A pure function of the answers: another filter needs no teacher.</summary>
internal sealed class AnswerFilter(FilterOptions options)
{
    private readonly Dictionary<string, int> dropped = [];

    /// <summary>Answers that went, by the reason, the most frequent first.</summary>
    public IReadOnlyList<(string Reason, int Count)> Dropped => [.. dropped.OrderByDescending(static d => d.Value).ThenBy(static d => d.Key, StringComparer.Ordinal).Select(static d => (d.Key, d.Value))];

    /// <summary>Rows that the teacher could not answer.</summary>
    public int Refused { get; private set; }

    /// <summary>The answers of a row that stay, in their order.</summary>
    public IReadOnlyList<TeacherAnswer> Keep(PromptRow row, RowAnswers said)
    {
        if (said.Refusal is not null)
            Refused++;
        var kept = said.Answers.ToList();
        Drop(kept, "empty", static a => string.IsNullOrWhiteSpace(a.Text));
        if (!options.KeepUnfinished)
            Drop(kept, "cut off before the end", static a => !a.Stopped);
        Drop(kept, "too short", a => a.Text.Length < options.MinLength);
        Drop(kept, "too long", a => a.Text.Length > options.MaxLength);
        if (options.Agrees is { } metric && row.Expected is { } expected)
            Drop(kept, "not the row's own answer", a => metric.IsRight(expected, a.Text) != true);
        if (options.Majority is { } same)
            KeepMajority(kept, said.Answers.Count, same);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Drop(kept, "twice for one row", a => !seen.Add(a.Text.Trim()));
        return kept;
    }

    private void KeepMajority(List<TeacherAnswer> kept, int all, Metric same)
    {
        // The first answer that more than half agree with, itself among them; there is one such group at the most.
        var chosen = kept.Find(a => 2 * kept.Count(b => same.IsRight(a.Text, b.Text) == true) > all);
        Drop(kept, "not what most answers of its row say", a => chosen is null || same.IsRight(chosen.Text, a.Text) != true);
    }

    private void Drop(List<TeacherAnswer> answers, string reason, Predicate<TeacherAnswer> which)
    {
        if (answers.RemoveAll(which) is > 0 and var count)
            dropped[reason] = dropped.GetValueOrDefault(reason) + count;
    }
}
