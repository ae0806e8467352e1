using System.Text.Json.Nodes;
using Attune.Problems;

namespace Attune.Data;

/// <summary>Tells from the first rows of a file which shape it has, and says what is missing where it has none.</summary>
internal static class ShapeDetector
{
    /// <summary>How many rows are looked at: enough that one bad row does not decide.</summary>
    public const int Probed = 8;

    /// <summary>
    /// The shape that most of the rows have; earlier in the table wins a tie. Where columns are mapped, the shape that their fields make up goes before
    /// one that rows happen to have beside it, but not before one that nobody may learn from by mistake.
    /// </summary>
    /// <param name="first">The first rows, at least one.</param>
    /// <param name="asked">A shape by name, or null to detect.</param>
    /// <param name="mapped">Fields that data.columns fills.</param>
    /// <param name="mistaken">What else to do where no field is like any that is known, since the file may be something else; null for nothing.</param>
    public static RowMapping Detect(IReadOnlyList<Row> first, string? asked, IEnumerable<string> mapped, string? mistaken)
    {
        if (asked is not null)
            return RowMappings.Table.Where(m => m.Name == asked).MaxBy(m => first.Count(r => m.Fits(r.Fields)))
                ?? throw new UserErrorException("data.format", $"there is no data shape `{asked}`", $"known are {string.Join(", ", RowMappings.Table.Select(m => m.Name).Distinct())}");
        var best = RowMappings.Table.MaxBy(m => first.Count(r => m.Fits(r.Fields)))!;
        if (best.Map is not null)
        {
            best = RowMappings.Learned.Where(m => first.Any(r => m.Fits(r.Fields)))
                .OrderByDescending(m => mapped.Count(m.Required.Contains)).ThenByDescending(m => mapped.Count(m.Optional.Contains))
                .ThenByDescending(m => first.Count(r => m.Fits(r.Fields))).FirstOrDefault() ?? best;
        }
        if (first.Any(r => best.Fits(r.Fields))) return best;
        throw new UserErrorException([Unknown(first[0].Place, first[0].Fields, mistaken)]);
    }

    // The error for a row without any known shape: its fields, the nearest shape, what is missing and how to map it.
    private static Problem Unknown(string place, JsonObject fields, string? mistaken)
    {
        var (nearest, renames, likeness) = RowMappings.Learned
            .Select(m => (Mapping: m, Renames: Renames(m, fields)))
            .Select(x => (x.Mapping, x.Renames, Likeness: (double)(x.Mapping.Required.Count - x.Mapping.Missing(fields).Count + x.Renames.Count) / x.Mapping.Required.Count))
            .MaxBy(static x => x.Likeness);
        if (likeness == 0 && fields.Any(static f => f.Key.Length > 0))
            return Unlike(place, fields, mistaken);
        var missing = nearest.Missing(fields);
        var whole = renames.Count == missing.Count;
        var pairs = missing.Select(m => (Field: m, Column: renames.GetValueOrDefault(m) ?? "<field>")).ToList();
        var map = string.Join(", ", pairs.Select(p => $"{p.Field}: {p.Column}"));
        var flag = string.Join(" ", pairs.Select(p => $"{p.Field}={(p.Column.Contains(' ', StringComparison.Ordinal) ? $"'{p.Column}'" : p.Column)}"));
        return new Problem(place,
            $"has no known shape: its fields are {List(fields.Select(f => f.Key))}; "
            + $"nearest is `{nearest.Name}` ({string.Join(", ", nearest.Required)}), of which {List(missing)} {(missing.Count == 1 ? "is" : "are")} missing",
            $"{(whole ? "map the fields" : "rename the fields, or map them")} with data.columns: {{{map}}}{(whole ? $" (on the command line: --columns {flag})" : "")}");
    }

    // No field resembles any that is known: only the user can say what is what.
    private static Problem Unlike(string place, JsonObject fields, string? mistaken)
    {
        string[] names = [.. fields.Select(static f => f.Key).Where(static n => n.Length > 0)];
        (string Field, string Column)[] pairs = names.Length == 1 ? [("text", names[0])] : [("prompt", names[0]), ("completion", names[^1])];
        return new Problem(place,
            $"has no known shape: its fields are {List(names)}",
            $"say what is asked and what is answered, for example --columns {string.Join(' ', pairs.Select(static p => $"{p.Field}='{p.Column}'"))}; "
            + $"in a recipe data.columns: {{{string.Join(", ", pairs.Select(static p => $"{p.Field}: {p.Column}"))}}}{(mistaken is null ? "" : $"; {mistaken}")}");
    }

    private static Dictionary<string, string> Renames(RowMapping mapping, JsonObject fields)
    {
        var renames = new Dictionary<string, string>();
        foreach (var name in mapping.Missing(fields))
        {
            var alias = RowMappings.Aliases[name].FirstOrDefault(a => fields.Any(f => Same(f.Key, a))) ?? Nearest.To(name, fields.Select(f => f.Key));
            if (alias is null) continue;
            var field = fields.First(f => Same(f.Key, alias)).Key;
            if (!renames.ContainsValue(field)) renames[name] = field;
        }
        return renames;
    }

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static string List(IEnumerable<string> names) => string.Join(", ", names.Where(static n => n.Length > 0).Take(12).Select(n => $"`{n}`"));
}
