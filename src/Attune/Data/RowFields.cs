using System.Text.Json;

namespace Attune.Data;

/// <summary>Reading of single fields with their errors.</summary>
internal static class RowFields
{
    /// <summary>A field that must be a string; null, with a problem added, if it is something else.</summary>
    public static string? Text(Row row, string field, ProblemList problems)
    {
        var node = row.Fields[field];
        if (node?.GetValueKind() == JsonValueKind.String) return node.GetValue<string>();
        problems.Add(row.Place, $"`{field}` must be a string, but is {RowJson.Kind(node)}",
            node is null ? "fill it in or remove the row" : $"to have it written as text: data.columns: {{{field}: \"{{{field}}}\"}}");
        return null;
    }

    /// <summary>A field that may be absent, then empty; else as <see cref="Text"/>.</summary>
    public static string? TextOrEmpty(Row row, string field, ProblemList problems) => row.Fields[field] is null ? "" : Text(row, field, problems);
}
