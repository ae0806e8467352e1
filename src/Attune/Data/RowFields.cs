using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Problems;

namespace Attune.Data;

/// <summary>Reading of single fields with their errors.</summary>
internal static class RowFields
{
    /// <summary>A field that must be a string; null, with a problem added, if it is something else.</summary>
    public static string? Text(Row row, string field, ProblemList problems)
    {
        var node = row.Fields[field];
        if (node?.GetValueKind() == JsonValueKind.String) return node.GetValue<string>();
        problems.Add(row.Place, $"`{field}` must be a string, but is {RowJson.Kind(node)}");
        return null;
    }

    /// <summary>The row with fields renamed as the user asks, for example <c>prompt ← question</c>.</summary>
    /// <param name="row">The row as it stands in the file.</param>
    /// <param name="columns">Field of the shape → column of the file.</param>
    /// <param name="problems">Takes a column that the row does not have.</param>
    public static Row? Rename(Row row, IReadOnlyDictionary<string, string> columns, ProblemList problems)
    {
        var missing = columns.Values.Where(c => !row.Fields.ContainsKey(c)).ToList();
        foreach (var column in missing)
        {
            var near = Nearest.To(column, row.Fields.Select(f => f.Key));
            problems.Add(row.Place, $"has no field `{column}`, which data.columns names; its fields are {string.Join(", ", row.Fields.Take(12).Select(f => f.Key))}",
                near is null ? "name one of these" : $"did you mean `{near}`?");
        }
        if (missing.Count > 0) return null;
        var fields = new JsonObject();
        foreach (var (field, column) in columns) fields[field] = row.Fields[column]?.DeepClone();
        foreach (var (name, value) in row.Fields)
        {
            if (!columns.Values.Contains(name) && !fields.ContainsKey(name)) fields[name] = value?.DeepClone();
        }
        return row with { Fields = fields };
    }
}
