using System.Text.Json;
using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary>
/// Rows that say which answer is better (<c>chosen</c>, <c>rejected</c>) or whether one is good (<c>label</c>). They are recognised, so that
/// nobody trains on bad answers by mistake; no objective learns from them yet.
/// </summary>
internal static class ComparisonShapes
{
    /// <summary>True for an answer with a judgement: a label elsewhere may be anything, a class for one.</summary>
    public static bool IsJudged(JsonObject fields) =>
        IsTruth(fields["label"])
        && (fields["messages"] is not null || fields["conversations"] is not null || (fields["prompt"] is not null && fields["completion"] is not null));

    /// <summary>A row with a better and a worse answer.</summary>
    public static (string Message, string Remedy) Preference(JsonObject fields) =>
        ("holds preference pairs (a chosen and a rejected answer), which no objective of this version learns from", "to tune on the better answers alone, " + (fields switch
        {
            _ when IsText(fields["prompt"]) && IsText(fields["chosen"]) => "set data.columns: {prompt: prompt, completion: chosen}",
            _ when IsText(fields["instruction"]) && IsText(fields["chosen"]) => "set data.columns: {instruction: instruction, output: chosen}",
            _ when fields["prompt"] is null && fields["chosen"] is JsonArray => "set data.columns: {messages: chosen}",
            _ when fields["chosen_messages"] is JsonArray => "set data.columns: {messages: chosen_messages}",
            _ when fields["prompt"] is JsonArray && fields["chosen"] is JsonArray => "set data.columns: {prompt: prompt, completion: chosen}",
            _ when fields.Count == 2 && IsText(fields["chosen"]) => "set data.columns: {text: chosen}, which learns the whole transcript as running text",
            _ => "write rows of messages that end with the chosen answer",
        }));

    /// <summary>A row with an answer and whether it is good.</summary>
    public static (string Message, string Remedy) Kto(JsonObject fields) =>
        ("holds answers with a label of good or bad (KTO), which no objective of this version learns from",
            "to tune on the good answers alone, keep the rows whose label is true and leave the label out");

    // A cell of a table is text.
    private static bool IsTruth(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.True or JsonValueKind.False => true,
        JsonValueKind.String => bool.TryParse(node.GetValue<string>(), out _),
        _ => false,
    };

    private static bool IsText(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String;
}
