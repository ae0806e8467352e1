using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Problems;

namespace Attune.Data;

/// <summary>One message → one turn: <c>{role, content}</c> with the roles of chat templates, or <c>{from, value}</c> with ShareGPT's.</summary>
/// <remarks>
/// The content is text, or a list of parts (<c>text</c>, <c>reasoning</c>, <c>tool_call</c>). Reasoning comes to stand under one name,
/// <see cref="ReasoningKey"/>, and tool calls in one form, so that what follows need not know in which of many ways they were published.
/// </remarks>
internal static class MessageReader
{
    /// <summary>The name under which a turn carries its reasoning; what the template calls it is <see cref="ReasoningForm"/>'s affair.</summary>
    public const string ReasoningKey = "reasoning_content";

    /// <summary>All names under which reasoning is published.</summary>
    public static IReadOnlyList<string> ReasoningKeys { get; } = [ReasoningKey, "thinking", "reasoning"];

    /// <summary>The roles that are understood. Which of them a template accepts, and in which order, the template says.</summary>
    private static readonly string[] Roles = ["system", "user", "assistant", "tool"];

    // ShareGPT's roles, and for the hint in the error what other collections call them.
    private static readonly Dictionary<string, string> ShareGptRoles = new(StringComparer.Ordinal)
    {
        ["system"] = "system",
        ["human"] = "user",
        ["user"] = "user",
        ["gpt"] = "assistant",
        ["assistant"] = "assistant",
        ["chatgpt"] = "assistant",
        ["bing"] = "assistant",
        ["bard"] = "assistant",
        ["model"] = "assistant",
        ["bot"] = "assistant",
        [FunctionCall] = "assistant",
        ["observation"] = "tool",
        ["function_response"] = "tool",
        ["tool_response"] = "tool",
        ["tool"] = "tool",
    };

    private static readonly Dictionary<string, string> RoleAliases = new(ShareGptRoles, StringComparer.OrdinalIgnoreCase)
    {
        ["customer"] = "user",
        ["agent"] = "assistant",
        ["function"] = "tool",
        ["developer"] = "system",
    };

    private const string FunctionCall = "function_call";

    // Whether a message is learned: OpenAI's name, that of several trainers, and LLaMA-Factory's second format's.
    private static readonly string[] WeightKeys = ["weight", "train", "loss_weight"];

    /// <summary>The turn; null, with problems added, where the message is not well formed.</summary>
    public static Turn? Read(JsonObject message, string place, ProblemList problems)
    {
        var before = problems.Count;
        var extra = new Dictionary<string, JsonNode?>();
        var role = Role(message, place, problems);
        var content = Content(message, extra, place, problems);
        AddRest(message, extra, place, problems);
        var trained = Learned(message, role, place, problems);
        if (problems.Count != before) return null;
        if (trained && content!.Trim().Length == 0 && !extra.ContainsKey("tool_calls"))
        {
            problems.Add(place, "is an empty answer: there is nothing to learn", "fill it in, give it \"weight\": 0, or remove the row", RowFault.Empty);
            return null;
        }
        return new Turn(role!, content!, trained) { Extra = extra };
    }

    /// <summary>Whose message it is, as a template calls him, and the field that holds what he says; null where that is no text.</summary>
    public static (string Role, string Field)? TextOf(JsonObject message)
    {
        var name = TextField(message);
        var given = StringOf(message[IsShareGpt(message) ? "from" : "role"]) ?? "";
        return given == FunctionCall || StringOf(message[name]) is null ? null : (ShareGptRoles.GetValueOrDefault(given, given), name);
    }

    private static string TextField(JsonObject message) => IsShareGpt(message) || (!message.ContainsKey("content") && message.ContainsKey("value")) ? "value" : "content";

    private static string? Role(JsonObject message, string place, ProblemList problems)
    {
        var shareGpt = IsShareGpt(message);
        var name = shareGpt ? "from" : "role";
        var given = StringOf(message[name]);
        if (shareGpt && given is not null && ShareGptRoles.TryGetValue(given, out var role)) return role;
        if (!shareGpt && given is not null && Roles.Contains(given)) return given;
        var known = shareGpt ? "human, gpt, system, function_call, observation" : string.Join(", ", Roles);
        var found = given is not null ? $"`{given}`" : message[name] is null ? "missing" : RowJson.Kind(message[name]);
        var meant = given is null || shareGpt ? null : RoleAliases.GetValueOrDefault(given) ?? Nearest.To(given, Roles);
        problems.Add(place, $"`{name}` must be {known}, but is {found}", meant is null ? "" : $"write `{meant}`");
        return null;
    }

    private static string? Content(JsonObject message, Dictionary<string, JsonNode?> extra, string place, ProblemList problems)
    {
        var name = TextField(message);
        var node = message[name];
        if (StringOf(message["from"]) == FunctionCall && IsShareGpt(message)) return ToolCalls.Add(node, extra, place, problems) ? "" : null;
        if (node is JsonArray parts) return Parts(parts, name, extra, place, problems);
        if (node is null && message["tool_calls"] is JsonArray { Count: > 0 }) return "";
        var text = StringOf(node);
        if (text is null) problems.Add(place, $"`{name}` must be a string, but is {(message.ContainsKey(name) ? RowJson.Kind(node) : "missing")}");
        return text;
    }

    // Parts in order; a template writes their texts one behind the other.
    private static string? Parts(JsonArray parts, string name, Dictionary<string, JsonNode?> extra, string place, ProblemList problems)
    {
        var text = "";
        var calls = new JsonArray();
        for (var i = 0; i < parts.Count; i++)
        {
            var here = $"{place}.{name}[{i}]";
            var part = parts[i] as JsonObject;
            var kind = StringOf(part?["type"]);
            var value = StringOf(part?["text"]) ?? StringOf(part?["value"]) ?? (kind is null ? null : StringOf(part?[kind]));
            if (value is null)
                problems.Add(here, $"must be a part with a type and its text, but is {(kind is null ? RowJson.Kind(parts[i]) : $"of type `{kind}`")}", "only text, reasoning and tool calls can be learned");
            else if (kind == "text")
                text += value;
            else if (kind is not null && ReasoningKeys.Contains(kind))
                extra[ReasoningKey] = (StringOf(extra.GetValueOrDefault(ReasoningKey)) ?? "") + value;
            else if (kind == "tool_call")
                calls.Add(value);
            else
                problems.Add(here, $"is of type `{kind}`", "only text, reasoning and tool calls can be learned");
        }
        return calls.Count == 0 || ToolCalls.Add(calls, extra, place, problems) ? text : null;
    }

    private static void AddRest(JsonObject message, Dictionary<string, JsonNode?> extra, string place, ProblemList problems)
    {
        foreach (var (key, value) in message)
        {
            if (value is null || key is "role" or "content" || WeightKeys.Contains(key) || (IsShareGpt(message) ? key is "from" or "value" : key == "value" && !message.ContainsKey("content"))) continue;
            if (key == "tool_calls")
            {
                if (value is not JsonArray { Count: 0 }) ToolCalls.Add(value, extra, place, problems);
            }
            else if (!ReasoningKeys.Contains(key)) extra[key] = value.DeepClone();
            else if (StringOf(value) is null) problems.Add(place, $"`{key}` must be a string, but is {RowJson.Kind(value)}");
            else if (!extra.TryAdd(ReasoningKey, value.DeepClone()) && StringOf(extra[ReasoningKey]) != StringOf(value))
                problems.Add(place, $"holds reasoning twice, under `{key}` and under another name, and they differ", "keep one of the two");
        }
    }

    private static bool Learned(JsonObject message, string? role, string place, ProblemList problems)
    {
        bool? learned = null;
        foreach (var key in WeightKeys)
        {
            if (message[key] is not { } node) continue;
            var value = Weight(node);
            if (value is null) problems.Add(place, $"`{key}` must be 0 or 1, but is {node.ToJsonString()}");
            else if (learned is not null && learned != value) problems.Add(place, $"`{key}` says the opposite of another weight of the message", "keep one of the two");
            else if (value == true && role is not (null or "assistant")) problems.Add(place, $"`{key}` is 1 on a message of role {role}, but only answers of the assistant can be learned", "leave it out");
            learned ??= value;
        }
        return role == "assistant" && learned != false;
    }

    private static bool? Weight(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number when node is JsonValue number && number.TryGetValue<double>(out var weight) && weight is 0 or 1 => weight == 1,
        _ => null,
    };

    private static bool IsShareGpt(JsonObject message) => message.ContainsKey("from") && !message.ContainsKey("role");

    private static string? StringOf(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;
}
