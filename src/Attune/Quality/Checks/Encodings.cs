using Attune.Problems;
using Attune.Quality.Detectors;

namespace Attune.Quality.Checks;

/// <summary>Characters that were damaged on their way into the file, in any string of a row; see <see cref="EncodingDamage"/>.</summary>
internal sealed class Encodings : QualityCheck
{
    private const double Share = 0.001;

    private long misread, replaced, controls, marks, halves;

    public static QualityCheckKind Kind { get; } = new("encoding", "encoding damage", "one pass", static _ => new Encodings())
    {
        Remedies =
        [
            new("encoding-drop", "drops rows with damaged characters"),
            new("encoding", "reads text again that was read in a wrong encoding, and takes out control characters and byte-order marks") { Mend = static t => EncodingDamage.Repair(t) ?? t },
        ],
    };

    public override string? Look(QualityRow row)
    {
        var all = default(EncodingDamage);
        foreach (var text in ChatStrings.Of(row.Chat))
        {
            var one = EncodingDamage.Of(text);
            if (one.Any) all = new EncodingDamage(all.Replaced + one.Replaced, all.Misread || one.Misread, all.Controls + one.Controls, all.Marks + one.Marks, all.Halves + one.Halves);
        }
        if (!all.Any) return null;
        var why = new List<string>();
        Note(all.Misread ? 1 : 0, ref misread, "UTF-8 that was read in another encoding");
        Note(all.Replaced, ref replaced, $"{all.Replaced} replacement character{(all.Replaced > 1 ? "s" : "")} (U+FFFD): what stood there is lost");
        Note(all.Controls, ref controls, $"{all.Controls} control character{(all.Controls > 1 ? "s" : "")}");
        Note(all.Marks, ref marks, "a byte-order mark within the text");
        Note(all.Halves, ref halves, "half a surrogate pair");
        return $"holds {string.Join(", ", why)}";

        void Note(int count, ref long of, string text)
        {
            if (count == 0) return;
            of++;
            why.Add(text);
        }
    }

    public override QualitySummary Summarise(long concerned, long rows)
    {
        (string Name, long Rows)[] kinds =
            [("read in another encoding", misread), ("replacement characters", replaced), ("control characters", controls), ("byte-order marks", marks), ("half surrogate pairs", halves)];
        return new QualitySummary(
            concerned == 0 ? QualitySeverity.Fine : concerned < Share * rows ? QualitySeverity.Note : QualitySeverity.Warning,
            concerned == 0 ? "none" : $"{concerned.Grouped()} of {rows.Grouped()} rows hold damaged characters: {string.Join(", ", kinds.Where(static k => k.Rows > 0).Select(static k => $"{k.Name} in {k.Rows.Grouped()}"))}")
        {
            Figures = [("misread_rows", misread), ("replacement_rows", replaced), ("control_rows", controls), ("mark_rows", marks)],
        };
    }
}
