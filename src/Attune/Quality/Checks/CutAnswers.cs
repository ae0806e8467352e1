using Attune.Problems;
using Attune.Quality.Detectors;

namespace Attune.Quality.Checks;

/// <summary>
/// Answers that stop before they end: within code, JSON or a sentence; without a closing sign where nearly all others have one; or many of them at
/// exactly the greatest length, which is a limit that someone set.
/// </summary>
internal sealed class CutAnswers : QualityCheck
{
    private const int FewestProse = 20, FewestAtLimit = 5, ShortestLimit = 100;
    private const double Closed = 0.95, ShareAtLimit = 0.005;

    private readonly RowMarks open = new();

    // Those of the greatest length that do not show by themselves that they were cut.
    private readonly List<int> longest = [];
    private long prose, rows, sure, limited;
    private int length, last = -1, atLength, openAtLength;

    public static QualityCheckKind Kind { get; } = new("truncated", "truncated answers", "one pass, one bit a row", static _ => new CutAnswers())
    {
        Remedies = [new("truncated", "drops rows whose answer was cut off")],
    };

    public override string? Look(QualityRow row)
    {
        if (row.Chat.Kind == Data.ConversationKind.Document) return null;
        rows++;
        last = row.Id;
        var answer = row.Answer;
        if (answer.Length > length)
        {
            length = answer.Length;
            longest.Clear();
            atLength = openAtLength = 0;
        }
        if (answer.Length == length)
        {
            atLength++;
            if (length > 0 && (char.IsLetter(answer[^1]) || answer[^1] is ',' or ' ' or '-')) openAtLength++;
        }
        var isProse = AnswerEnds.IsProse(answer);
        if (isProse) prose++;
        if (AnswerEnds.CutIn(answer) is { } where)
        {
            sure++;
            return $"stops within {where}: …{Tail(answer)}";
        }
        if (answer.Length == length) longest.Add(row.Id);
        if (isProse && AnswerEnds.IsOpen(answer)) open.Add(row.Id);
        return null;
    }

    public override IEnumerable<Concern> Late(RowMarks gone, CancellationToken cancel)
    {
        // What a limit cuts ends anywhere; what is written to one form ends alike.
        var atLimit = length >= ShortestLimit && openAtLength > atLength / 2 && atLength >= Math.Max(FewestAtLimit, ShareAtLimit * rows);
        var ends = prose >= FewestProse && open.Count > 0 && open.Count <= (1 - Closed) * prose;
        var next = 0;
        for (var id = 0; id <= last && (ends || atLimit); id++)
        {
            var isLongest = next < longest.Count && longest[next] == id;
            if (isLongest) next++;
            if (gone[id]) continue;
            if (isLongest && atLimit)
            {
                limited++;
                yield return new Concern(id, $"has exactly {length} characters, as {atLength.Grouped()} answers have and none has more: a limit cut it");
            }
            else if (ends && open[id]) yield return new Concern(id, "has no closing sign, which nearly all answers of the file have");
        }
    }

    public override QualitySummary Summarise(long concerned, long rows)
    {
        List<string> why = [];
        if (sure > 0) why.Add($"{sure} stop within a sentence, code or JSON");
        if (limited > 0) why.Add($"{limited.Grouped()}{(sure > 0 ? " others" : "")} have exactly {length} characters, and none has more");
        if (concerned - sure - limited is > 0 and var others) why.Add($"{others} end in the middle of a line without a closing sign, which nearly all have");
        return new QualitySummary(
            concerned == 0 ? QualitySeverity.Fine : sure > 0 || limited > 0 ? QualitySeverity.Warning : QualitySeverity.Note,
            concerned == 0 ? "no answer shows that it was cut off" : $"{concerned.Grouped()} of {rows.Grouped()} answers look cut off: {string.Join("; ", why)}")
        {
            Figures = [("at_the_greatest_length", atLength), ("greatest_length", length)],
        };
    }

    private static string Tail(string answer)
    {
        var text = answer.AsSpan().TrimEnd();
        return text[Math.Max(0, text.Length - 30)..].ToString().ReplaceLineEndings(" ");
    }
}
