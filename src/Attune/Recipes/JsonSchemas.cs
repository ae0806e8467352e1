using System.Globalization;
using System.Text.Json.Nodes;

namespace Attune.Recipes;

/// <summary>Fragments of JSON schema for the kinds of value, as text that can be put into another.</summary>
internal static class JsonSchemas
{
    public const string Text = """{"type": "string"}""";

    public const string Truth = """{"type": "boolean"}""";

    public const string TextOrTexts = """{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}""";

    public const string Sources = """{"anyOf": [{"type": "string"}, {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "object"}]}}]}""";

    public const string TextsByName = """{"type": "object", "additionalProperties": {"type": "string"}}""";

    public const string NumbersByName = """{"type": "object", "additionalProperties": {"type": "integer"}}""";

    public const string Space = """
        {"anyOf": [{"enum": ["none"]}, {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": false, "properties": {"from": {"type": "number"},
        "to": {"type": "number"}, "scale": {"enum": ["linear", "log"]}, "step": {"type": "number"}, "choices": {"type": "array", "minItems": 2}, "when": {"type": "object"}}}}]}
        """;

    /// <summary>Whether a schema allows numbers, and whether of those whole ones only; the words beside them do not count.</summary>
    public static (bool Numbers, bool Whole) NumbersOf(string schema)
    {
        var whole = JsonNode.Parse(schema)!;
        var types = (whole["anyOf"]?.AsArray().Select(static p => p!) ?? [whole]).Select(static p => p["type"] is JsonValue type ? type.ToString() : "").ToList();
        return (types.Exists(static t => t is "number" or "integer"), !types.Contains("number"));
    }

    public static string Whole(int least, int most) => most == int.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $$"""{"type": "integer", "minimum": {{least}}}""")
        : string.Create(CultureInfo.InvariantCulture, $$"""{"type": "integer", "minimum": {{least}}, "maximum": {{most}}}""");

    public static string Number(double least, double most, bool open)
    {
        var bound = open ? "exclusiveM" : "m";
        return string.Create(CultureInfo.InvariantCulture, $$"""{"type": "number", "{{bound}}inimum": {{least}}, "{{bound}}aximum": {{most}}}""");
    }

    public static string OneOf(params string[] words) => $$"""{"enum": [{{string.Join(", ", words.Select(static w => JsonValue.Create(w)!.ToJsonString()))}}]}""";

    /// <summary>The words that a schema allows; none where it allows other values only.</summary>
    public static IReadOnlyList<string> WordsOf(string schema)
    {
        var whole = JsonNode.Parse(schema)!;
        var parts = whole["anyOf"]?.AsArray().Select(static p => p!) ?? [whole];
        return [.. parts.SelectMany(static p => p["enum"]?.AsArray().Select(static w => w!.GetValue<string>()) ?? [])];
    }

    public static string Either(string one, string other) => $$"""{"anyOf": [{{one}}, {{other}}]}""";
}
