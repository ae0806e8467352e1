using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary>The rows within a record: those of a list (or of lists within lists), each with the fields of what encloses it beside its own.</summary>
internal static class PartRows
{
    /// <summary>The rows that a path leads to, numbered from the record's own number on; the record itself where the path is empty.</summary>
    public static IEnumerable<Row> Of(Row record, ReadOnlyMemory<string> path)
    {
        if (path.IsEmpty) return [record];
        var rows = new List<JsonObject>();
        var wrong = Gather(record.Fields, path, rows);
        var parts = rows.Select((fields, i) => record with { Number = record.Number + i, Fields = fields, Raw = default });
        if (wrong is null) return parts;
        var remedy = $"name a list behind the #; the fields here are {string.Join(", ", record.Fields.Take(12).Select(f => $"`{f.Key}`"))}";
        return [.. parts, Row.Bad(record.File, record.Number, record.Line, wrong, remedy, record.Raw)];
    }

    // What is wrong, or null.
    private static string? Gather(JsonObject outer, ReadOnlyMemory<string> path, List<JsonObject> rows)
    {
        if (path.IsEmpty)
        {
            rows.Add(outer);
            return null;
        }
        var name = path.Span[0];
        IEnumerable<JsonNode?> items = outer[name] switch
        {
            JsonArray list => list,
            JsonObject keyed when path.Length == 1 && keyed.Count > 0 && keyed.All(p => p.Value is JsonObject) => keyed.Select(p => p.Value),
            JsonObject one => [one],
            _ => [null],
        };
        foreach (var item in items)
        {
            var inner = item as JsonObject ?? (item is JsonArray values ? RowJson.ByPosition(values) : null);
            if (inner is null) return item is null ? $"has no rows under `{name}`" : $"holds {RowJson.Kind(item)} under `{name}`, where a row must be an object or a list";
            if (Gather(Joined(outer, name, inner), path[1..], rows) is { } wrong) return wrong;
        }
        return null;
    }

    private static JsonObject Joined(JsonObject outer, string without, JsonObject inner)
    {
        var fields = (JsonObject)inner.DeepClone();
        foreach (var (name, value) in outer)
        {
            if (name != without && !fields.ContainsKey(name)) fields[name] = value?.DeepClone();
        }
        return fields;
    }
}
