using System.Text.Json;
using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary>
/// <c>{instruction, input?, output, system?, history?, tools?}</c>: the user's message is instruction and input, one below the other. The
/// history is a list of pairs, whose answers are learned too, as LLaMA-Factory does it.
/// </summary>
internal static class AlpacaShape
{
    public static Conversation? Map(Row row, ProblemList problems)
    {
        var before = problems.Count;
        var instruction = RowFields.Text(row, "instruction", problems);
        var input = RowFields.TextOrEmpty(row, "input", problems);
        var output = RowFields.Text(row, "output", problems);
        var system = RowFields.TextOrEmpty(row, "system", problems);
        var turns = History(row, problems);
        var tools = ToolCalls.Tools(row, problems);
        if (output is not null && string.IsNullOrWhiteSpace(output)) problems.Add(row.Place, "`output` is empty: there is nothing to learn", "fill it in or remove the row", RowFault.Empty);
        if (problems.Count != before) return null;
        if (system!.Length > 0) turns.Insert(0, new Turn("system", system, false));
        // Either of the two may be empty; there is no blank line then.
        turns.Add(new Turn("user", string.Join('\n', new[] { instruction!, input! }.Where(t => t.Length > 0)), false));
        turns.Add(new Turn("assistant", output!, true));
        return new Conversation(row.File, row.Number, ConversationKind.Chat, turns) { Tools = tools };
    }

    private static List<Turn> History(Row row, ProblemList problems)
    {
        var turns = new List<Turn>();
        if (row.Fields["history"] is not { } node) return turns;
        if (node is not JsonArray pairs)
        {
            problems.Add(row.Place, $"`history` must be a list of pairs of a message and its answer, but is {RowJson.Kind(node)}");
            return turns;
        }
        for (var i = 0; i < pairs.Count; i++)
        {
            if (pairs[i] is JsonArray { Count: 2 } pair && pair.All(p => p?.GetValueKind() == JsonValueKind.String))
                turns.AddRange([new Turn("user", pair[0]!.GetValue<string>(), false), new Turn("assistant", pair[1]!.GetValue<string>(), true)]);
            else
                problems.Add($"{row.Place}, history[{i}]", "must be a pair of texts, a message and its answer");
        }
        return turns;
    }
}
