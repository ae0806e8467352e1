using Attune.Data;
using Attune.Problems;

namespace Attune.Quality.Checks;

/// <summary>
/// Rows that hold what rows ask that a model will be measured on: 13 words of it in a row, as in GPT-3 (Brown et al. 2020, appendix C), wherever
/// they stand in the row, calls of tools among it; or the whole prompt, word for word, however short. Of running text all words count. An n-gram that stands in more than 10
/// rows of either side is a phrase of the trade, and none. Answers alone are no contamination: labels and set phrases are shared by design.
/// </summary>
internal sealed class Contamination : QualityCheck
{
    private const int MostRows = 10;

    private readonly QualityContext context;
    private readonly int n;
    private readonly GramTable table = new();
    private readonly Dictionary<ulong, int> prompts = [];
    private readonly ScratchRecords<Hit> hits = new();
    private readonly ScratchRecords<Hit> evaluation = new();
    private readonly RowMarks samePrompt = new();
    private readonly WordHashes words = new();
    private readonly HashSet<ulong> grams = [];
    private long rows;

    private Contamination(QualityContext context) => (this.context, n) = (context, context.Options.Settings.Gram);

    public static QualityCheckKind Kind { get; } = new("contamination", "shared with evaluation rows", "one pass, the evaluation files first; at most 4 M n-grams of these in memory, beyond that a sample",
        static c => c.Options.Evaluation.Count == 0 ? null : new Contamination(c))
    {
        Wants = "the files that a model is measured on (--valid)",
        Remedies = [new("contamination", "drops rows that hold the prompt of an evaluation row, or 13 words of it in a row")],
    };

    public override void SeeEvaluation(QualityRow row)
    {
        rows++;
        Take(row, isAsked: true, out var prompt);
        if (prompt is { } key) prompts.TryAdd(key, row.Id);
        foreach (var gram in grams)
        {
            table.AddEvaluation(gram, row.Id);
            evaluation.Add(new Hit(gram, row.Id, false));
        }
    }

    public override string? Look(QualityRow row)
    {
        Take(row, isAsked: false, out var prompt);
        if (prompt is { } key && prompts.TryGetValue(key, out var asked))
        {
            hits.Add(new Hit((ulong)asked, row.Id, true));
            samePrompt.Add(asked);
        }
        foreach (var gram in grams)
        {
            if (table.AddRow(gram) is > 0 and <= MostRows) hits.Add(new Hit(gram, row.Id, false));
        }
        return null;
    }

    public override IEnumerable<Concern> Late(RowMarks gone, CancellationToken cancel)
    {
        var last = -1;
        foreach (var piece in hits.Pieces())
        {
            cancel.ThrowIfCancellationRequested();
            for (var i = 0; i < piece.Length; i++)
            {
                var hit = piece.Span[i];
                if (hit.Row == last || gone[hit.Row] || (!hit.IsPrompt && !Counts(hit.What))) continue;
                last = hit.Row;
                var other = hit.IsPrompt ? (int)hit.What : table[hit.What].Owner;
                yield return new Concern(hit.Row, hit.IsPrompt ? $"asks word for word what {context.Ledger.PlaceOf(other)} asks" : $"holds {n} words in a row of {context.Ledger.PlaceOf(other)}", other);
            }
        }
    }

    public override QualitySummary Summarise(long concerned, long rows)
    {
        var (touched, most) = Touched();
        return new QualitySummary(
            touched == 0 ? QualitySeverity.Fine : QualitySeverity.Error,
            touched == 0 ? $"no row holds the prompt of one of the {this.rows.Grouped()} evaluation rows, or {n} words of it in a row"
                : $"{concerned.Grouped()} rows hold the prompt of {touched.Grouped()} of the {this.rows.Grouped()} evaluation rows, or {n} words of it in a row: what is measured on these is partly memory")
        {
            Figures = [("evaluation_rows", this.rows), ("contaminated", touched), ("mostly_contaminated", most), ("gram", n)],
        };
    }

    public override void Dispose()
    {
        hits.Dispose();
        evaluation.Dispose();
        base.Dispose();
    }

    // Evaluation rows that share something, and those of which four fifths of the n-grams, or the prompt, are shared (the "dirty" of Llama 2).
    private (long Touched, long Mostly) Touched()
    {
        var (touched, mostly, row, all, shared) = (0L, 0L, -1, 0, 0);
        void Close()
        {
            if (row < 0 || samePrompt[row]) return;
            touched += shared > 0 ? 1 : 0;
            mostly += shared > 0 && shared >= 0.8 * all ? 1 : 0;
        }
        foreach (var piece in evaluation.Pieces())
        {
            foreach (var entry in piece.Span)
            {
                if (entry.Row != row)
                {
                    Close();
                    (row, all, shared) = (entry.Row, 0, 0);
                }
                if (table[entry.What].EvaluationRows == 0) continue;
                all++;
                shared += Counts(entry.What) ? 1 : 0;
            }
        }
        Close();
        return (touched + samePrompt.Count, mostly + samePrompt.Count);
    }

    private bool Counts(ulong gram) => table[gram] is { Rows: > 0 and <= MostRows, EvaluationRows: <= MostRows };

    // The whole prompt as one (the text, where nothing is asked), and the distinct n-grams: of the prompt where they are asked, else of the answer too.
    private void Take(QualityRow row, bool isAsked, out ulong? prompt)
    {
        words.Clear();
        grams.Clear();
        var isText = row.Chat.Kind == ConversationKind.Document;
        words.Add(isText ? row.SaidInAnswer : row.SaidInPrompt);
        prompt = words.Count == 0 ? null : words.Gram(0, words.Count);
        if (!isText && !isAsked) words.Add(row.SaidInAnswer);
        for (var at = 0; at + n <= words.Count; at++) grams.Add(words.Gram(at, n));
    }

    /// <summary>A row that holds an n-gram, or the prompt of an evaluation row.</summary>
    /// <param name="What">The n-gram's hash, or the evaluation row's id.</param>
    /// <param name="Row">The row's id.</param>
    /// <param name="IsPrompt">Which of the two.</param>
    private readonly record struct Hit(ulong What, int Row, bool IsPrompt);
}
