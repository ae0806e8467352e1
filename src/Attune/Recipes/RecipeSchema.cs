using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Attune.Recipes;

/// <summary>
/// The JSON schema (draft 7) of recipes, from <see cref="RecipeKeys"/>: editors complete and explain keys by it. A recipe names it in
/// a comment: <c># yaml-language-server: $schema=schema.json</c>.
/// </summary>
public static class RecipeSchema
{
    // Read by people too: quotes and angle brackets stay what they are.
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema, indented, with a line end behind it.</summary>
    public static string Write()
    {
        var root = Section("");
        foreach (var section in RecipeKeys.Sections)
            root["properties"]![section] = Section(section);
        var required = RecipeKeys.All.Where(static k => k.IsRequired).Select(static k => k.Section.Length == 0 ? k.Leaf : k.Section).Distinct();
        var schema = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "Attune recipe",
        };
        foreach (var (name, value) in root.ToArray())
        {
            root.Remove(name);
            schema[name] = name == "required" ? Texts(required) : value;
        }
        return schema.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Section(string section)
    {
        var keys = RecipeKeys.All.Where(k => k.Section == section).ToArray();
        var properties = new JsonObject();
        foreach (var key in keys)
        {
            var schema = JsonNode.Parse(key.Schema)!.AsObject();
            schema["description"] = key.IsRequired ? key.Help : $"{key.Help} Default: {key.Default}.";
            properties[key.Leaf] = schema;
        }
        var whole = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        var required = keys.Where(static k => k.IsRequired).Select(static k => k.Leaf).ToArray();
        if (required.Length > 0)
            whole["required"] = Texts(required);
        return whole;
    }

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(static t => JsonValue.Create(t))];
}
