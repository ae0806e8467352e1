using System.Globalization;
using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary>
/// The way to a value within a row: names joined by dots, <c>[2]</c> for an element of a list (<c>[-1]</c> for the last), <c>[]</c> for all of
/// them: <c>qa.answer</c>, <c>choices[0].text</c>, <c>paragraphs[].text</c>.
/// </summary>
/// <remarks>A field whose name is the whole path wins over the way, since names in CSV files may hold dots.</remarks>
internal sealed class FieldPath
{
    private readonly IReadOnlyList<Step> steps;

    private FieldPath(string text, IReadOnlyList<Step> steps) => (Text, this.steps) = (text, steps);

    /// <summary>The path as the user wrote it.</summary>
    public string Text { get; }

    /// <summary>The row's own field at which the path begins.</summary>
    public string FieldOf(JsonObject fields) => fields.ContainsKey(Text) ? Text : steps[0].Name!;

    /// <summary>Reads a path; null, with what is wrong in <paramref name="problem"/>, where it is none.</summary>
    public static FieldPath? Parse(string text, out string problem)
    {
        var steps = new List<Step>();
        problem = "";
        foreach (var part in text.Split('.'))
        {
            var open = part.IndexOf('[', StringComparison.Ordinal);
            var name = open < 0 ? part : part[..open];
            if (name.Trim().Length == 0) problem = $"`{text}` is no path to a field: write names joined by dots, such as qa.answer or choices[0].text";
            steps.Add(new Step(name, null));
            for (var rest = open < 0 ? "" : part[open..]; rest.Length > 0 && problem.Length == 0;)
            {
                var close = rest.IndexOf(']', StringComparison.Ordinal);
                if (rest[0] != '[' || close < 0 || !TryIndex(rest[1..close], out var index))
                    problem = $"`{text}` is no path to a field: brackets hold the number of an element, as in choices[0], or nothing for all of them";
                else
                    steps.Add(new Step(null, index));
                rest = rest[(close + 1)..];
            }
        }
        return problem.Length == 0 ? new FieldPath(text, steps) : null;
    }

    /// <summary>The value in a row; null where there is none, or where it is null. A value gathered by <c>[]</c> is a new list.</summary>
    public JsonNode? In(JsonObject fields) => fields.TryGetPropertyValue(Text, out var whole) ? whole : Follow(fields, 0);

    /// <summary>The one place that it leads to; null where it gathers several values, or counts from the end.</summary>
    public TextPlace? Place(JsonObject fields) => fields.ContainsKey(Text) ? new TextPlace(Text)
        : steps.Any(static s => s is { Name: null, Index: null or < 0 }) ? null
        : new TextPlace([.. steps.Select(static s => s.Name ?? s.Index!.Value.ToString(CultureInfo.InvariantCulture))]);

    private JsonNode? Follow(JsonNode? node, int at)
    {
        if (at == steps.Count || node is null) return node;
        var step = steps[at];
        if (step.Name is { } name)
        {
            return node switch
            {
                JsonObject fields => Follow(fields[name], at + 1),
                // choices.0 is choices[0] for those who write so.
                JsonArray list when TryIndex(name, out var number) && number is { } n => Follow(Element(list, n), at + 1),
                _ => null,
            };
        }
        if (node is not JsonArray items) return null;
        return step.Index is { } index ? Follow(Element(items, index), at + 1) : Gather(items, at + 1);
    }

    private JsonArray Gather(JsonArray items, int at)
    {
        var found = new JsonArray();
        // Lists within lists become one: paragraphs[].sentences[] are all sentences.
        var nested = steps.Skip(at).Any(s => s is { Name: null, Index: null });
        foreach (var value in items.Select(i => Follow(i, at)).Where(v => v is not null))
        {
            if (nested && value is JsonArray list)
                foreach (var inner in list) found.Add(inner?.DeepClone());
            else found.Add(value!.DeepClone());
        }
        return found;
    }

    private static JsonNode? Element(JsonArray list, int index)
    {
        var at = index < 0 ? list.Count + index : index;
        return at >= 0 && at < list.Count ? list[at] : null;
    }

    private static bool TryIndex(string text, out int? index)
    {
        index = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        return text.Length == 0 || index is not null;
    }

    /// <summary>A name, or an element's number, or (both null) all elements.</summary>
    private readonly record struct Step(string? Name, int? Index);
}
