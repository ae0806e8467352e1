using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary><c>{messages: [{role, content, weight?, …}], system?, tools?}</c>: every assistant message is learned unless its weight is 0.</summary>
internal static class MessagesShape
{
    public static Conversation? Map(Row row, ProblemList problems) => Chat(row, "messages", problems);

    /// <summary>The conversation of a field that holds messages.</summary>
    public static Conversation? Chat(Row row, string field, ProblemList problems)
    {
        var before = problems.Count;
        var turns = Turns(row, field, problems);
        var system = RowFields.TextOrEmpty(row, "system", problems);
        var tools = ToolCalls.Tools(row, problems);
        if (problems.Count != before) return null;
        if (!turns.Exists(t => t.Trained))
        {
            problems.Add(row.Place, turns.Exists(t => t.Role == "assistant")
                ? "has no message to learn: every assistant message has weight 0" : "has no assistant message, so there is nothing to learn", "add an answer or remove the row");
            return null;
        }
        if (system!.Length > 0)
        {
            if (turns[0].Role == "system")
            {
                problems.Add(row.Place, "has a field `system` and a system message as well", "keep one of the two");
                return null;
            }
            turns.Insert(0, new Turn("system", system, false));
        }
        return new Conversation(row.File, row.Number, ConversationKind.Chat, turns) { Tools = tools };
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
            if (list[i] is JsonObject message && MessageReader.Read(message, place, problems) is { } turn) turns.Add(turn);
            else if (list[i] is not JsonObject) problems.Add(place, $"must be an object with `role` and `content`, but is {RowJson.Kind(list[i])}");
        }
        return turns;
    }
}
