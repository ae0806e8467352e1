using System.Text.Json.Nodes;
using Attune.Data;

namespace Attune.Tests.Data;

public class RowMappingTests : TempFiles
{
    private (List<Conversation> Chats, ProblemList Problems, ConversationReader Reader) Read(string content, DataOptions? options = null)
    {
        var problems = new ProblemList();
        var reader = ConversationReader.Open(Write("d.jsonl", content), options ?? new DataOptions { MaxLength = 99 }, problems);
        return ([.. reader.Read()], problems, reader);
    }

    private static string Lines(params string[] rows) => string.Join("\n", rows);

    [Fact]
    public void Messages_become_turns_of_which_the_assistants_are_learned_unless_weight_0()
    {
        var (chats, problems, reader) = Read("""{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}, {"role": "assistant", "content": "a", "weight": 0}, {"role": "user", "content": "v"}, {"role": "assistant", "content": "b", "weight": 1}]}""");
        Assert.Equal(0, problems.Count);
        Assert.Equal("messages", reader.Report.Shape);
        var chat = Assert.Single(chats);
        Assert.Equal(ConversationKind.Chat, chat.Kind);
        Assert.Equal([("system", "s", false), ("user", "u", false), ("assistant", "a", false), ("user", "v", false), ("assistant", "b", true)],
            chat.Turns.Select(t => (t.Role, t.Content, t.Trained)));
    }

    [Theory]
    [InlineData("""{"prompt": "p", "completion": "c"}""", "completion", ConversationKind.Completion, "user:p assistant:c*")]
    [InlineData("""{"prompt": "p", "completion": "c", "system": "s"}""", "completion", ConversationKind.Completion, "system:s user:p assistant:c*")]
    [InlineData("""{"prompt": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "q"}], "completion": [{"role": "assistant", "content": "c"}]}""", "completion", ConversationKind.Chat, "user:p assistant:x user:q assistant:c*")]
    [InlineData("""{"text": "t"}""", "text", ConversationKind.Document, "text:t*")]
    public void Other_shapes_become_conversations_too(string row, string shape, ConversationKind kind, string turns)
    {
        var (chats, problems, reader) = Read(row);
        Assert.Equal(0, problems.Count);
        Assert.Equal(shape, reader.Report.Shape);
        Assert.Equal(kind, Assert.Single(chats).Kind);
        Assert.Equal(turns, string.Join(' ', chats[0].Turns.Select(t => $"{t.Role}:{t.Content}{(t.Trained ? "*" : "")}")));
    }

    [Fact]
    [Trait("SilentFailure", "7")]
    public void An_unknown_shape_names_its_fields_the_nearest_shape_and_what_is_missing()
    {
        var (_, problems, _) = Read(Lines("""{"question": "q", "answer": "a", "id": 1}""", """{"question": "q", "answer": "a", "id": 2}"""));
        var problem = Assert.Single(problems.First);
        Assert.Equal("d.jsonl, row 1", problem.Place);
        Assert.Contains("`question`, `answer`, `id`", problem.Message, StringComparison.Ordinal);
        Assert.Contains("nearest is `completion`", problem.Message, StringComparison.Ordinal);
        Assert.Contains("`prompt`, `completion` are missing", problem.Message, StringComparison.Ordinal);
        Assert.Contains("{prompt: question, completion: answer} (on the command line: --columns prompt=question completion=answer)", problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt": "q", "answer": "a"}""", "completion", "`completion` is missing")]
    [InlineData("""{"mesages": []}""", "messages", "`messages` is missing")]
    [InlineData("""{"conversation": []}""", "messages", "`messages` is missing")]
    [InlineData("""{"instruction": "i", "response": "r"}""", "alpaca", "`output` is missing")]
    [InlineData("""{"story": "x"}""", "text", "`text` is missing")]
    [Trait("SilentFailure", "7")]
    public void The_nearest_shape_is_found_by_fields_aliases_and_spelling(string row, string nearest, string missing)
    {
        var problem = Assert.Single(Read(row).Problems.First);
        Assert.Contains($"nearest is `{nearest}`", problem.Message, StringComparison.Ordinal);
        Assert.Contains(missing, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("SilentFailure", "7")]
    public void A_row_of_another_shape_is_an_error_with_its_number()
    {
        const string good = """{"prompt": "p", "completion": "c"}""";
        var (chats, problems, _) = Read(Lines(good, good, """{"text": "t"}""", """{"prompt": "p", "completion": null}""", good));
        Assert.Equal(3, chats.Count);
        Assert.Equal(["d.jsonl, row 3", "d.jsonl, row 4"], problems.First.Select(p => p.Place));
        Assert.Contains("shape `text`", problems.First[0].Remedy, StringComparison.Ordinal);
        Assert.Contains("`completion`", problems.First[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("SilentFailure", "7")]
    public void A_field_that_nothing_reads_is_reported_once_with_its_count()
    {
        var (_, problems, reader) = Read(Lines("""{"text": "t", "category": "c"}""", """{"text": "t", "category": "c", "id": 1}""", """{"text": "t"}"""));
        Assert.Equal(0, problems.Count);
        Assert.Collection(reader.Warnings(),
            w => Assert.Contains("`category` (2 rows)", w, StringComparison.Ordinal), w => Assert.Contains("`id` (1 row)", w, StringComparison.Ordinal));
    }

    [Fact]
    public void Columns_rename_fields_and_a_wrong_one_is_named()
    {
        var options = new DataOptions { MaxLength = 99, Columns = new Dictionary<string, string> { ["prompt"] = "text", ["completion"] = "category" } };
        var (chats, problems, _) = Read("""{"text": "t", "category": "c"}""", options);
        Assert.Equal(0, problems.Count);
        Assert.Equal(["t", "c"], Assert.Single(chats).Turns.Select(t => t.Content));
        var problem = Assert.Single(Read("""{"text": "t", "categry": "c"}""", options).Problems.First);
        Assert.Contains("`category`", problem.Message, StringComparison.Ordinal);
        Assert.Contains("`categry`", problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"messages": []}""", "but is empty")]
    [InlineData("""{"messages": "hi"}""", "but is a string")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}]}""", "no assistant message")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a", "weight": 0}]}""", "weight 0")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a", "weight": 2}]}""", "0 or 1")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "gpt", "content": "a"}]}""", "write `assistant`")]
    [InlineData("""{"messages": [{"from": "human", "value": "u"}]}""", "no assistant message")]
    [InlineData("""{"messages": [{"role": "user"}, {"role": "assistant", "content": "a"}]}""", "`content` must be a string, but is missing")]
    [InlineData("""{"messages": [{"role": "user", "content": ["u"]}, {"role": "assistant", "content": "a"}]}""", "must be a part with a type")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "  "}]}""", "empty answer")]
    [InlineData("""{"messages": ["hi"]}""", "must be an object")]
    [InlineData("""{"prompt": "p", "completion": " "}""", "`completion` is empty")]
    [InlineData("""{"prompt": "p", "completion": 3}""", "a number")]
    [InlineData("""{"text": ""}""", "`text` is empty")]
    public void Malformed_rows_are_named(string row, string message)
    {
        var (chats, problems, _) = Read(row);
        Assert.Empty(chats);
        Assert.Contains(problems.First, p => p.ToString().Contains(message, StringComparison.Ordinal));
        Assert.All(problems.First, p => Assert.StartsWith("d.jsonl, row 1", p.Place, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("thinking")]
    [InlineData("reasoning")]
    [InlineData("reasoning_content")]
    [Trait("SilentFailure", "11")]
    public void Reasoning_is_found_under_its_three_names(string key)
    {
        var (chats, _, _) = Read($$"""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a", "{{key}}": "because"}]}""");
        Assert.Equal("because", Assert.Single(chats).Turns[1].Extra["reasoning_content"]!.GetValue<string>());
    }

    [Fact]
    public void A_tool_call_may_have_no_content_and_its_arguments_become_an_object()
    {
        var (chats, problems, _) = Read("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": "{\"x\": 1}"}}]}], "tools": []}""");
        Assert.Equal(0, problems.Count);
        var arguments = Assert.Single(chats).Turns[1].Extra["tool_calls"]![0]!["function"]!["arguments"];
        Assert.Equal(1, Assert.IsType<JsonObject>(arguments)["x"]!.GetValue<int>());
    }
}
