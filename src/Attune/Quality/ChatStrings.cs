using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data;

namespace Attune.Quality;

/// <summary>The strings of conversations, wherever they stand: beside what is said there are calls of tools, reasoning and the tools themselves.</summary>
internal static class ChatStrings
{
    /// <summary>Every string of a conversation: contents, all that turns carry beside them, and the tools; names of fields are none.</summary>
    public static IEnumerable<string> Of(Conversation chat) =>
        chat.Turns.SelectMany(static t => t.Extra.Values.SelectMany(Of).Prepend(t.Content)).Concat(Of(chat.Tools));

    /// <summary>What a turn says: its content, its reasoning, and the functions that it calls with their arguments. Ids only tie messages together.</summary>
    public static IEnumerable<string> Said(Turn turn) =>
        turn.Extra.Count == 0 ? [turn.Content] : [turn.Content, .. Of(turn.Extra.GetValueOrDefault(MessageReader.ReasoningKey)), .. Functions(turn).SelectMany(Of)];

    /// <summary>The functions that a turn calls, each with its name and its arguments.</summary>
    public static IEnumerable<JsonNode?> Functions(Turn turn) =>
        (turn.Extra.GetValueOrDefault("tool_calls") as JsonArray ?? []).Select(static call => (call as JsonObject)?["function"]);

    private static IEnumerable<string> Of(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(static f => Of(f.Value)),
        JsonArray list => list.SelectMany(Of),
        { } text when text.GetValueKind() == JsonValueKind.String => [text.GetValue<string>()],
        _ => [],
    };
}
