using System.Globalization;
using Attune.Problems;
using Attune.Quality.Detectors;

namespace Attune.Quality.Checks;

/// <summary>The language of every row: of its answer where that can be told and is its prompt's too, else of both together. Rows in another than the most frequent are concerned.</summary>
internal sealed class RowLanguages : QualityCheck
{
    private const double Mixed = 0.2;

    private readonly List<string> codes = [""];
    private readonly List<byte> ofRows = [];
    private long crossed;

    public static QualityCheckKind Kind { get; } = new("languages", "languages", "one pass, one byte a row", static _ => new RowLanguages())
    {
        Remedies = [new("languages", "drops rows in another language than the most frequent; rows whose language cannot be told stay")],
    };

    public override object Find(QualityRow row)
    {
        var answer = Languages.Of(row.Answer);
        var prompt = answer is not null && row.Prompt.Length == 0 ? null : Languages.Of(row.Prompt);
        // An answer of names and figures is like any language: against its prompt it must prevail in both together.
        var code = answer ?? prompt ?? "";
        if (row.Prompt.Length > 0 && answer != prompt && row.Answer.Length > 0) code = Languages.Of($"{row.Prompt}\n{row.Answer}") ?? "";
        return new Told(code, answer is not null && prompt is not null && answer != prompt && code == answer);
    }

    public override string? Look(QualityRow row)
    {
        var (code, isCrossed) = row.Found<Told>(this);
        if (isCrossed) crossed++;
        var index = codes.IndexOf(code);
        if (index < 0)
        {
            index = codes.Count;
            codes.Add(code);
        }
        while (ofRows.Count < row.Id) ofRows.Add(0);
        ofRows.Add((byte)index);
        return null;
    }

    public override IEnumerable<Concern> Late(RowMarks gone, CancellationToken cancel)
    {
        var main = Main();
        for (var id = 0; id < ofRows.Count && main > 0; id++)
            if (ofRows[id] != 0 && ofRows[id] != main && !gone[id]) yield return new Concern(id, $"is in {Name(ofRows[id])}, most rows are in {Name(main)}");
    }

    public override QualitySummary Summarise(long concerned, long rows)
    {
        var counts = Counts();
        var main = Main();
        if (main == 0) return new QualitySummary(QualitySeverity.Fine, "no row is long enough to tell its language");
        var told = counts.Skip(1).Sum();
        var others = told - counts[main];
        var text = string.Create(CultureInfo.InvariantCulture, $"{Name(main)} in {100.0 * counts[main] / told:0.#} % of the {told.Grouped()} rows whose language can be told")
            + (others == 0 ? "" : $", another in {others}") + (crossed == 0 ? "" : $"; {crossed} answers are in another language than their prompts");
        // Where many rows are in other languages, the data is meant to be so.
        return new QualitySummary(others == 0 ? QualitySeverity.Fine : others > Mixed * told ? QualitySeverity.Note : QualitySeverity.Warning, text)
        {
            Figures = [("languages", codes.Count - 1), ("undecided", rows - told), ("main_share", (double)counts[main] / told), ("answers_in_another_language_than_the_prompt", crossed)],
            Tables = [new("languages", [.. Enumerable.Range(1, codes.Count - 1).OrderByDescending(i => counts[i]).ThenBy(i => codes[i], StringComparer.Ordinal).Select(i => (Name(i), (double)counts[i])),
                ("undecided", rows - told)])],
        };
    }

    private string Name(int index) => Languages.Names[codes[index]];

    private long[] Counts()
    {
        var counts = new long[codes.Count];
        foreach (var index in ofRows) counts[index]++;
        return counts;
    }

    // 0 where no row's language can be told; of equals the one that was met first.
    private int Main()
    {
        var counts = Counts();
        var main = 0;
        for (var i = 1; i < counts.Length; i++)
            if (counts[i] > 0 && (main == 0 || counts[i] > counts[main])) main = i;
        return main;
    }

    // The code is empty where the language cannot be told; crossed: an answer in another language than its prompt.
    private sealed record Told(string Code, bool IsCrossed);
}
