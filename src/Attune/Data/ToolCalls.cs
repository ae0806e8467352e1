using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary>
/// Tools and their calls in the one form that chat templates are written for, whatever form the data has:
/// <c>{type: function, function: {name, …}}</c>, with a call's arguments as an object.
/// </summary>
internal static class ToolCalls
{
    /// <summary>The tools of a row: a list, or a list as JSON text; null for none, or with a problem added for something else.</summary>
    public static JsonArray? Tools(Row row, ProblemList problems)
    {
        var node = Unpacked(row.Fields["tools"]);
        if (node is null || (node is JsonArray none && none.Count == 0) || IsBlank(node)) return null;
        if (node is not JsonArray list || !list.All(t => t is JsonObject tool && Text((tool["function"] as JsonObject ?? tool)["name"]) is not null))
        {
            problems.Add(row.Place, $"`tools` must be a list of functions with a name, or that list as JSON text, but is {(node is JsonArray ? "a list of something else" : RowJson.Kind(node))}");
            return null;
        }
        return [.. list.Cast<JsonObject>().Select(t => Function(t, (JsonObject)(t["function"] ?? t).DeepClone()))];
    }

    /// <summary>Puts the calls of a message under <c>tool_calls</c>; false, with a problem added, where they are not well formed.</summary>
    /// <param name="calls">A call or a list of calls; each may be JSON text, and so may its arguments.</param>
    /// <param name="extra">The message's fields.</param>
    /// <param name="place">The message.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public static bool Add(JsonNode? calls, Dictionary<string, JsonNode?> extra, string place, ProblemList problems)
    {
        var list = new JsonArray();
        var given = Unpacked(calls);
        foreach (var item in given as JsonArray ?? [given?.DeepClone()])
        {
            if (Call(Unpacked(item)) is { } call)
            {
                list.Add(call);
                continue;
            }
            problems.Add(place, $"a tool call must be an object with `name` and `arguments` (an object, or one as JSON text), but is {Shown(item)}");
            return false;
        }
        extra["tool_calls"] = list;
        return true;
    }

    private static JsonObject? Call(JsonNode? node)
    {
        if (node is not JsonObject call || (call["function"] as JsonObject ?? call) is not { } inner || Text(inner["name"]) is null) return null;
        var arguments = IsBlank(inner["arguments"]) || inner["arguments"] is null ? new JsonObject() : Unpacked(inner["arguments"]);
        if (arguments is not JsonObject) return null;
        var function = (JsonObject)inner.DeepClone();
        function["arguments"] = arguments.DeepClone();
        return Function(call, function);
    }

    // What stands beside the function (an id) stays.
    private static JsonObject Function(JsonObject outer, JsonObject function)
    {
        var result = new JsonObject();
        if (outer.ContainsKey("function"))
            foreach (var (key, value) in outer.Where(p => p.Key is not ("function" or "type"))) result[key] = value?.DeepClone();
        else
            function.Remove("type");
        result["type"] = "function";
        result["function"] = function;
        return result;
    }

    // JSON within a string, as many sets publish it; anything else as it is.
    private static JsonNode? Unpacked(JsonNode? node)
    {
        if (Text(node) is not { } text || text.AsSpan().TrimStart() is not ['{' or '[', ..]) return node;
        return RowJson.ParseValue(text) ?? node;
    }

    private static bool IsBlank(JsonNode? node) => Text(node) is { } text && string.IsNullOrWhiteSpace(text);

    private static string? Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    private static string Shown(JsonNode? node) => node is null ? "missing" : RowJson.Excerpt(Encoding.UTF8.GetBytes(node.ToJsonString()), 0);
}
