using Attune.Problems;
using Attune.Quality.Detectors;

namespace Attune.Quality.Checks;

/// <summary>Mail addresses, phone numbers, payment cards, bank accounts and IP addresses in any string of a row: prompts, answers, calls, tools; see <see cref="PersonalData"/>.</summary>
internal sealed class PersonalParts : QualityCheck
{
    private readonly long[] parts = new long[PersonalData.Kinds.Count], rowsOf = new long[PersonalData.Kinds.Count];

    public static QualityCheckKind Kind { get; } = new("personal", "personal data", "one pass", static _ => new PersonalParts())
    {
        Remedies =
        [
            new("personal-drop", "drops rows with personal data"),
            new("personal-mask", "puts a placeholder for each piece of personal data: [EMAIL], [PHONE], [CARD], [IBAN], [IP]") { Mend = PersonalData.Mask },
        ],
    };

    public override object? Find(QualityRow row)
    {
        int[]? found = null;
        foreach (var text in ChatStrings.Of(row.Chat))
        {
            foreach (var part in PersonalData.Find(text)) (found ??= new int[parts.Length])[IndexOf(part.Kind)]++;
        }
        return found;
    }

    public override string? Look(QualityRow row)
    {
        if (row.Found<int[]?>(this) is not { } found) return null;
        string? why = null;
        for (var i = 0; i < found.Length; i++)
        {
            if (found[i] == 0) continue;
            parts[i] += found[i];
            rowsOf[i]++;
            var one = $"{found[i]} {Named(i, found[i])}";
            why = why is null ? $"holds {one}" : $"{why}, {one}";
        }
        return why;
    }

    public override QualitySummary Summarise(long concerned, long rows)
    {
        var kinds = Enumerable.Range(0, parts.Length).Where(i => parts[i] > 0).ToArray();
        return new QualitySummary(
            concerned == 0 ? QualitySeverity.Fine : QualitySeverity.Warning,
            concerned == 0 ? "none that can be told by form or checksum (names and postal addresses cannot)"
                : $"{concerned.Grouped()} of {rows.Grouped()} rows hold personal data: {string.Join(", ", kinds.Select(i => $"{Named(i, 2)} in {rowsOf[i].Grouped()}"))}; a model may repeat them to anyone")
        {
            Figures = [.. kinds.Select(i => (Named(i, 2).Replace(' ', '_').ToLowerInvariant(), (double)parts[i]))],
            Tables = kinds.Length == 0 ? [] : [new("rows with personal data", [.. kinds.OrderByDescending(i => rowsOf[i]).Select(i => (PersonalData.Kinds[i].Name, (double)rowsOf[i]))])],
        };
    }

    private static string Named(int kind, int count)
    {
        var name = PersonalData.Kinds[kind].Name;
        return count == 1 ? name : name.EndsWith('s') ? $"{name}es" : $"{name}s";
    }

    private static int IndexOf(PersonalKind kind)
    {
        var i = 0;
        while (PersonalData.Kinds[i] != kind) i++;
        return i;
    }
}
