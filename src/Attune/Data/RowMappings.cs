using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary>One shape of data set: the fields by which it is known and the way from a row to a conversation.</summary>
/// <param name="Name">The name in recipes and reports.</param>
/// <param name="Required">The fields that every row has.</param>
/// <param name="Optional">Further fields that are read if they are there; others are reported as unused.</param>
/// <param name="Map">Reads a row; adds its problems and gives null where something is wrong. Null for a shape that no objective learns from.</param>
internal sealed record RowMapping(string Name, IReadOnlyList<string> Required, IReadOnlyList<string> Optional, Func<Row, ProblemList, Conversation?>? Map)
{
    /// <summary>What else must hold of a row beside its required fields.</summary>
    public Func<JsonObject, bool> When { get; init; } = static _ => true;

    /// <summary>Where the texts stand that may be written anew; null for a shape that asks nothing.</summary>
    public Func<JsonObject, RowPlaces>? Places { get; init; }

    /// <summary>Why the shape cannot be learned from and what to do with such a row; only where <see cref="Map"/> is null.</summary>
    public Func<JsonObject, (string Message, string Remedy)>? Refusal { get; init; }

    /// <summary>True if the row has every required field, with a value.</summary>
    public bool Fits(JsonObject fields) => Missing(fields).Count == 0 && When(fields);

    /// <summary>The required fields that the row lacks or that are null in it.</summary>
    public IReadOnlyList<string> Missing(JsonObject fields) => [.. Required.Where(r => fields[r] is null)];

    /// <summary>True if some step reads the field, or it says where Attune has the row from.</summary>
    public bool Consumes(string field) => Required.Contains(field) || Optional.Contains(field) || field is RowMappings.Parent or RowMappings.Teacher or Lineage.Parents or Lineage.Method;
}

/// <summary>The shapes of data sets. To add one: a function, and a line here.</summary>
internal static class RowMappings
{
    /// <summary>Fields of rows that a teacher wrote: the row whose prompt it answered, and who it was.</summary>
    public const string Parent = "distilled_from", Teacher = "distilled_by";

    /// <summary>All shapes in the order in which they are tried: the one that says most about a row first.</summary>
    public static IReadOnlyList<RowMapping> Table { get; } =
    [
        new("preference", ["chosen", "rejected"], [], null) { Refusal = ComparisonShapes.Preference },
        new("preference", ["chosen_messages", "rejected_messages"], [], null) { Refusal = ComparisonShapes.Preference },
        new("kto", ["label"], [], null) { When = ComparisonShapes.IsJudged, Refusal = ComparisonShapes.Kto },
        new("kto", ["kto_tag"], [], null) { Refusal = ComparisonShapes.Kto },
        new("messages", ["messages"], ["system", "tools"], MessagesShape.Map) { Places = static f => RowPlaces.OfMessages(f["messages"], "messages") },
        new("sharegpt", ["conversations"], ["system", "tools"], ShareGptShape.Map) { Places = static f => RowPlaces.OfMessages(f["conversations"], "conversations") },
        new("alpaca", ["instruction", "output"], ["input", "system", "history", "tools"], AlpacaShape.Map) { Places = static f => RowPlaces.OfFields(f, ["instruction", "input"], "output") },
        new("completion", ["prompt", "completion"], ["system", "tools"], CompletionShape.Map) { Places = static f => RowPlaces.OfFields(f, ["prompt"], "completion") },
        new("text", ["text"], [], TextShape.Map),
    ];

    /// <summary>The shapes that can be learned from.</summary>
    public static IReadOnlyList<RowMapping> Learned { get; } = [.. Table.Where(static m => m.Map is not null)];

    /// <summary>The fields of these, which columns of a file can be mapped to.</summary>
    public static IReadOnlyList<string> Fields { get; } = [.. Learned.SelectMany(static m => m.Required.Concat(m.Optional)).Distinct()];

    /// <summary>Names that other data sets give to these fields, for the hint in an error; nothing is renamed unasked.</summary>
    public static IReadOnlyDictionary<string, string[]> Aliases { get; } = new Dictionary<string, string[]>
    {
        ["messages"] = ["conversation", "dialog", "dialogue", "chat"],
        ["conversations"] = [],
        ["instruction"] = [],
        ["output"] = ["response", "answer", "completion", "target"],
        ["prompt"] = ["question", "instruction", "input", "query", "user_query", "user", "utterance", "text", "context"],
        ["completion"] = ["answer", "best answer", "output", "response", "chatgpt_response", "final_decision", "target", "label", "intent", "category", "assistant"],
        ["text"] = ["content", "body", "document", "story", "passage"],
    };
}
