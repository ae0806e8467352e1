using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Problems;

namespace Attune.Data;

/// <summary><c>{messages: [{role, content, weight?, …}], tools?}</c>: every assistant message is learned unless its weight is 0.</summary>
internal static class MessagesShape
{
    /// <summary>The roles that are understood. Which of them a template accepts, and in which order, the template says.</summary>
    private static readonly string[] Roles = ["system", "user", "assistant", "tool"];

    // What other collections call these roles, for the hint in the error.
    private static readonly Dictionary<string, string> RoleAliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["human"] = "user",
        ["customer"] = "user",
        ["gpt"] = "assistant",
        ["bot"] = "assistant",
        ["model"] = "assistant",
        ["chatgpt"] = "assistant",
        ["agent"] = "assistant",
        ["observation"] = "tool",
        ["function"] = "tool",
        ["developer"] = "system",
    };

    // Three keys under which reasoning is published; templates read the first.
    private static readonly string[] Reasoning = ["reasoning_content", "thinking", "reasoning"];

    public static Conversation? Map(Row row, ProblemList problems)
    {
        var before = problems.Count;
        var turns = Turns(row, "messages", problems);
        if (problems.Count != before) return null;
        if (!turns.Exists(t => t.Trained))
        {
            problems.Add(row.Place, turns.Exists(t => t.Role == "assistant")
                ? "has no message to learn: every assistant message has weight 0" : "has no assistant message, so there is nothing to learn", "add an answer or remove the row");
            return null;
        }
        return new Conversation(row.File, row.Number, ConversationKind.Chat, turns) { Tools = row.Fields["tools"] };
    }

    /// <summary>The messages of a field; problems are added for those that are not well formed.</summary>
    public static List<Turn> Turns(Row row, string field, ProblemList problems)
    {
        var turns = new List<Turn>();
        if (row.Fields[field] is not JsonArray { Count: > 0 } list)
        {
            var found = row.Fields[field] is JsonArray ? "empty" : RowJson.Kind(row.Fields[field]);
            problems.Add(row.Place, $"`{field}` must be a list of messages with at least one, but is {found}");
            return turns;
        }
        for (var i = 0; i < list.Count; i++)
        {
            var place = $"{row.Place}, {field}[{i}]";
            if (list[i] is JsonObject message && One(message, place, problems) is { } turn) turns.Add(turn);
            else if (list[i] is not JsonObject) problems.Add(place, $"must be an object with `role` and `content`, but is {RowJson.Kind(list[i])}");
        }
        return turns;
    }

    private static Turn? One(JsonObject message, string place, ProblemList problems)
    {
        var before = problems.Count;
        var role = StringOf(message["role"]);
        if (role is null || !Roles.Contains(role)) problems.Add(place, $"`role` must be {string.Join(", ", Roles)}, but is {Quoted(message["role"])}", RoleHint(message, role));
        var calls = message["tool_calls"] is JsonArray { Count: > 0 };
        var content = message["content"] is null && calls ? "" : StringOf(message["content"]);
        if (content is null) problems.Add(place, $"`content` must be a string, but is {(message.ContainsKey("content") ? RowJson.Kind(message["content"]) : "missing")}");
        var trained = role == "assistant" && Weight(message["weight"], place, problems);
        if (trained && !calls && content is not null && string.IsNullOrWhiteSpace(content))
            problems.Add(place, "is an empty answer: there is nothing to learn", "fill it in, give it \"weight\": 0, or remove the row");
        return problems.Count == before ? new Turn(role!, content!, trained) { Extra = Extra(message) } : null;
    }

    private static bool Weight(JsonNode? node, string place, ProblemList problems)
    {
        if (node is null) return true;
        if (node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<double>(out var weight) && weight is 0 or 1) return weight == 1;
        problems.Add(place, $"`weight` must be 0 or 1, but is {node.ToJsonString()}");
        return false;
    }

    /// <summary>Everything but role, content and weight, reasoning under its one name, a tool call's arguments as an object.</summary>
    private static Dictionary<string, JsonNode?> Extra(JsonObject message)
    {
        var extra = new Dictionary<string, JsonNode?>();
        foreach (var (key, value) in message)
        {
            if (key is "role" or "content" or "weight" || value is null) continue;
            var name = Reasoning.Contains(key) ? Reasoning[0] : key;
            if (name == key || !message.ContainsKey(name)) extra[name] = name == "tool_calls" ? Calls(value) : value.DeepClone();
        }
        return extra;
    }

    // Templates write arguments with `tojson`; a string would come out quoted twice.
    private static JsonNode Calls(JsonNode calls)
    {
        var copy = calls.DeepClone();
        foreach (var call in copy as JsonArray ?? [])
        {
            if ((call?["function"] ?? call) is JsonObject function && StringOf(function["arguments"]) is { } text
                && RowJson.Parse(System.Text.Encoding.UTF8.GetBytes(text), out _) is { } arguments) function["arguments"] = arguments;
        }
        return copy;
    }

    private static string? StringOf(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    private static string Quoted(JsonNode? node) => StringOf(node) is { } text ? $"`{text}`" : node is null ? "missing" : RowJson.Kind(node);

    private static string RoleHint(JsonObject message, string? role)
    {
        if (role is not null && (RoleAliases.GetValueOrDefault(role) ?? Nearest.To(role, Roles)) is { } meant) return $"write `{meant}`";
        return message.ContainsKey("from") ? "this is the ShareGPT form (from, value): write role and content" : "";
    }
}
