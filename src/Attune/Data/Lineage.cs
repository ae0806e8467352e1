using System.Globalization;

namespace Attune.Data;

/// <summary>Where a row that was made of others says so: fields that every file format carries.</summary>
/// <remarks>
/// The parent is named by the hash of what it asks (<see cref="PromptKey"/>), not by file and line: it is found again wherever the rows are
/// shuffled, filtered or mixed, and all rows that ask the same are one parent.
/// </remarks>
internal static class Lineage
{
    /// <summary>The field that holds the ids of the parents, blanks between them.</summary>
    public const string Parents = "augmented_from";

    /// <summary>The field that says by which method.</summary>
    public const string Method = "augmented_by";

    private const int Digits = 16;

    /// <summary>A row's id as its children name it: sixteen hexadecimal digits.</summary>
    public static string IdOf(ulong key) => key.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The parents that a row names; none where it is no made row; null, with a problem added, where the field says something else.</summary>
    public static IReadOnlyList<ulong>? Read(Row row, ProblemList problems)
    {
        // An empty cell of a CSV file is a row that was not made.
        if (!row.Fields.TryGetPropertyValue(Parents, out var node) || node is null || RowFields.Text(row, Parents, problems) is "")
            return [];
        if (node.GetValueKind() != System.Text.Json.JsonValueKind.String)
            return null;
        var parents = new List<ulong>();
        foreach (var id in node.GetValue<string>().Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (id.Length != Digits || !ulong.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key))
            {
                problems.Add(row.Place, $"`{Parents}` must hold ids of sixteen hexadecimal digits, as attune data augment writes them, but holds `{(id.Length > 40 ? id[..40] + "…" : id)}`",
                    "leave the field as it was written, or rename it if it means something else");
                return null;
            }
            parents.Add(key);
        }
        return parents;
    }
}
