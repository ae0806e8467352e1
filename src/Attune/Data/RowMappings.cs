using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary>One shape of data set: the fields by which it is known and the way from a row to a conversation.</summary>
/// <param name="Name">The name in recipes and reports.</param>
/// <param name="Required">The fields that every row has.</param>
/// <param name="Optional">Further fields that are read if they are there; others are reported as unused.</param>
/// <param name="Map">Reads a row; adds its problems and gives null where something is wrong.</param>
internal sealed record RowMapping(string Name, IReadOnlyList<string> Required, IReadOnlyList<string> Optional, Func<Row, ProblemList, Conversation?> Map)
{
    /// <summary>True if the row has every required field, with a value.</summary>
    public bool Fits(JsonObject fields) => Missing(fields).Count == 0;

    /// <summary>The required fields that the row lacks or that are null in it.</summary>
    public IReadOnlyList<string> Missing(JsonObject fields) => [.. Required.Where(r => fields[r] is null)];

    /// <summary>True if some step reads the field.</summary>
    public bool Consumes(string field) => Required.Contains(field) || Optional.Contains(field);
}

/// <summary>The shapes of data sets. To add one: a function, and a line here.</summary>
internal static class RowMappings
{
    /// <summary>All shapes in the order in which they are tried: the one that says most about a row first.</summary>
    public static IReadOnlyList<RowMapping> Table { get; } =
    [
        new("messages", ["messages"], ["tools"], MessagesShape.Map),
        new("completion", ["prompt", "completion"], ["system", "tools"], CompletionShape.Map),
        new("text", ["text"], [], TextShape.Map),
    ];

    /// <summary>Names that other data sets give to these fields, for the hint in an error; nothing is renamed unasked.</summary>
    public static IReadOnlyDictionary<string, string[]> Aliases { get; } = new Dictionary<string, string[]>
    {
        ["messages"] = ["conversations", "conversation", "dialog", "dialogue", "chat", "turns"],
        ["prompt"] = ["question", "instruction", "input", "query", "user_query", "user", "utterance", "text", "context"],
        ["completion"] = ["answer", "output", "response", "target", "label", "category", "intent", "assistant"],
        ["text"] = ["content", "body", "document", "story", "passage"],
    };
}
