using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data;

namespace Attune.Quality;

/// <summary>Changes of a row's texts: every string of every field, at any depth; names of fields stay as they are.</summary>
internal static class TextMends
{
    /// <summary>The row after all remedies, in their order; the very row where none changes anything.</summary>
    public static Row Change(Row row, IReadOnlyList<QualityRemedy> mends, Action<TextChange>? changed = null)
    {
        foreach (var remedy in mends)
        {
            var touched = false;
            var fields = (JsonObject)Change(row.Fields, "", remedy.Mend!, change =>
            {
                touched = true;
                changed?.Invoke(change with { Remedy = remedy.Name });
            })!;
            if (touched) row = row with { Fields = fields, Raw = default };
        }
        return row;
    }

    private static JsonNode? Change(JsonNode? node, string path, Func<string, string> mend, Action<TextChange> changed)
    {
        switch (node)
        {
            case JsonObject fields:
                return new JsonObject(fields.Select(f => KeyValuePair.Create(f.Key, Change(f.Value, path.Length == 0 ? f.Key : $"{path}.{f.Key}", mend, changed))));
            case JsonArray list:
                return new JsonArray([.. list.Select((item, i) => Change(item, $"{path}[{i}]", mend, changed))]);
            case { } text when text.GetValueKind() == JsonValueKind.String:
                var before = text.GetValue<string>();
                var after = mend(before);
                if (after == before) return text.DeepClone();
                changed(new TextChange("", path, before, after));
                return JsonValue.Create(after);
            default:
                return node?.DeepClone();
        }
    }
}

/// <summary>A text of a row that a remedy changed.</summary>
/// <param name="Remedy">Its name.</param>
/// <param name="Field">The way to the text: <c>messages[1].content</c>.</param>
/// <param name="Before">As it stood.</param>
/// <param name="After">As it is written.</param>
internal sealed record TextChange(string Remedy, string Field, string Before, string After);
