using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary><c>{prompt, completion, system?}</c> as strings, or both as lists of messages of which the completion's are learned.</summary>
internal static class CompletionShape
{
    public static Conversation? Map(Row row, ProblemList problems)
    {
        if (row.Fields["prompt"] is JsonArray) return Messages(row, problems);
        var prompt = RowFields.Text(row, "prompt", problems);
        var completion = RowFields.Text(row, "completion", problems);
        var system = RowFields.TextOrEmpty(row, "system", problems);
        var (before, tools) = (problems.Count, ToolCalls.Tools(row, problems));
        if (prompt is null || completion is null || system is null || problems.Count != before) return null;
        if (string.IsNullOrWhiteSpace(completion))
        {
            problems.Add(row.Place, "`completion` is empty: there is nothing to learn", "fill it in or remove the row", RowFault.Empty);
            return null;
        }
        List<Turn> turns = [new("user", prompt, false), new("assistant", completion, true)];
        if (system.Length > 0) turns.Insert(0, new("system", system, false));
        return new Conversation(row.File, row.Number, ConversationKind.Completion, turns) { Tools = tools };
    }

    private static Conversation? Messages(Row row, ProblemList problems)
    {
        var before = problems.Count;
        var prompt = MessagesShape.Turns(row, "prompt", problems);
        var completion = MessagesShape.Turns(row, "completion", problems);
        if (problems.Count == before && !completion.Exists(t => t.Trained)) problems.Add(row.Place, "`completion` has no assistant message to learn");
        var tools = ToolCalls.Tools(row, problems);
        if (problems.Count != before) return null;
        List<Turn> turns = [.. prompt.Select(t => t with { Trained = false }), .. completion];
        return new Conversation(row.File, row.Number, ConversationKind.Chat, turns) { Tools = tools };
    }
}
