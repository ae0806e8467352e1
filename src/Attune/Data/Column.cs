using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Problems;

namespace Attune.Data;

/// <summary>
/// Where a field of a shape comes from, as <c>data.columns</c> says it: a column or a path (<c>qa.answer</c>), taken as it is; or a template over
/// them (<c>{question}\n{context}</c>), which is text.
/// </summary>
/// <remarks>
/// In a template <c>{path}</c> is replaced by a value's text, <c>{path?}</c> also where there is none; <c>\n</c> and <c>\t</c> are a line break
/// and a tab, <c>{{</c> and <c>}}</c> are braces. A list is written item by item, one a line; a list of lists as a table.
/// </remarks>
internal sealed class Column
{
    private readonly IReadOnlyList<Piece> pieces;
    private readonly bool isTemplate;

    private Column(string text, IReadOnlyList<Piece> pieces, bool isTemplate) => (Text, this.pieces, this.isTemplate) = (text, pieces, isTemplate);

    /// <summary>What the user wrote.</summary>
    public string Text { get; }

    /// <summary>Reads a column; null, with what is wrong in <paramref name="problem"/>, where it is none.</summary>
    public static Column? Parse(string text, out string problem)
    {
        if (!text.Contains('{', StringComparison.Ordinal))
            return FieldPath.Parse(text, out problem) is { } path ? new Column(text, [new Piece("", path, false)], false) : null;
        var pieces = new List<Piece>();
        var literal = new StringBuilder();
        problem = "";
        for (var i = 0; i < text.Length && problem.Length == 0; i++)
        {
            var pair = i + 1 < text.Length ? text.AsSpan(i, 2) : [];
            if (pair is "{{" or "}}" or @"\n" or @"\t" or @"\\")
            {
                literal.Append(pair switch { @"\n" => '\n', @"\t" => '\t', _ => pair[1] });
                i++;
            }
            else if (text[i] != '{')
                literal.Append(text[i]);
            else
            {
                var end = text.IndexOf('}', i);
                if (end < 0) problem = $"`{text}` opens a brace that is never closed: write {{column}}, or {{{{ for the brace itself";
                else if (Reference(text[(i + 1)..end], literal.ToString(), out problem) is { } piece) pieces.Add(piece);
                literal.Clear();
                i = end;
            }
        }
        if (literal.Length > 0) pieces.Add(new Piece(literal.ToString(), null, true));
        return problem.Length == 0 ? new Column(text, pieces, true) : null;
    }

    /// <summary>The row's own fields that are read.</summary>
    public IEnumerable<string> FieldsOf(JsonObject fields) => pieces.Where(p => p.Path is not null).Select(p => p.Path!.FieldOf(fields));

    /// <summary>The single texts of the row that it takes; what gathers several values has none.</summary>
    public IEnumerable<TextPlace> PlacesIn(JsonObject fields) => pieces.Select(p => p.Path?.Place(fields)).OfType<TextPlace>();

    /// <summary>Whether it takes a value as it is.</summary>
    public bool IsPlain => !isTemplate;

    /// <summary>The field's value, not part of the row's tree; null, with problems added, where something that it needs is missing.</summary>
    public JsonNode? Value(Row row, ProblemList problems)
    {
        if (!isTemplate)
        {
            var path = pieces[0].Path!;
            var value = path.In(row.Fields);
            // A field that is there and null is the shape's affair: it may be one that need not be filled.
            if (value is null && !row.Fields.ContainsKey(path.FieldOf(row.Fields))) problems.Add(Missing(row, path), RowFault.Fields);
            return value?.DeepClone();
        }
        var (text, complete) = (new StringBuilder(), true);
        foreach (var (before, path, optional) in pieces)
        {
            text.Append(before);
            if (path is null) continue;
            var value = path.In(row.Fields);
            if (value is null && optional) continue;
            var problem = value is null ? Missing(row, path) : Append(text, value, 0) ? null : NotText(row, path, value);
            if (problem is not null) problems.Add(problem);
            complete &= problem is null;
        }
        return complete ? JsonValue.Create(text.ToString()) : null;
    }

    private static Piece? Reference(string inner, string before, out string problem)
    {
        var optional = inner.EndsWith('?');
        return FieldPath.Parse(optional ? inner[..^1] : inner, out problem) is { } path ? new Piece(before, path, optional) : null;
    }

    // Items of the outermost list are lines, of lists within it cells.
    private static bool Append(StringBuilder text, JsonNode? value, int depth)
    {
        switch (value)
        {
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0) text.Append(depth == 0 ? "\n" : " | ");
                    if (!Append(text, list[i], depth + 1)) return false;
                }
                return true;
            case JsonObject:
                return false;
            case null:
                return true;
            default:
                text.Append(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString());
                return true;
        }
    }

    private static Problem Missing(Row row, FieldPath path)
    {
        var near = Nearest.To(path.Text, row.Fields.Select(f => f.Key));
        return new Problem(row.Place,
            $"has no field `{path.Text}`, which data.columns names; its fields are {string.Join(", ", row.Fields.Take(12).Select(f => f.Key))}",
            near is null ? $"name one of these, or write {{{path.Text}?}} in a template where it may be absent" : $"did you mean `{near}`?");
    }

    private static Problem NotText(Row row, FieldPath path, JsonNode value)
    {
        var inner = value as JsonObject ?? (value as JsonArray)?.OfType<JsonObject>().FirstOrDefault();
        var name = inner?.FirstOrDefault().Key ?? "field";
        return new Problem(row.Place, $"`{path.Text}` {(value is JsonArray ? "holds" : "is")} an object, which has no text of its own",
            $"name a field of it, such as {{{path.Text}{(value is JsonArray ? "[]" : "")}.{name}}}");
    }

    /// <summary>Text, then the value at a path (none at the end).</summary>
    private readonly record struct Piece(string Before, FieldPath? Path, bool Optional);
}
