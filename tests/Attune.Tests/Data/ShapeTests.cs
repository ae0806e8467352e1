using Attune.Data;

namespace Attune.Tests.Data;

/// <summary>For each shape a sample row and the conversation that it must become, with tools, calls and reasoning in their one form.</summary>
public class ShapeTests : TempFiles
{
    private (List<Conversation> Chats, ProblemList Problems, ConversationReader Reader) Read(string row, IReadOnlyDictionary<string, string>? columns = null)
    {
        var problems = new ProblemList();
        var reader = ConversationReader.Open(Write("d.jsonl", row), new DataOptions { MaxLength = 99, Columns = columns ?? new Dictionary<string, string>() }, problems);
        return ([.. reader.Read()], problems, reader);
    }

    private static string Golden(Conversation chat) => string.Join(" / ", chat.Turns.Select(t =>
        $"{t.Role}:{t.Content}{string.Concat(t.Extra.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"[{e.Key}={e.Value!.ToJsonString()}]"))}{(t.Trained ? "*" : "")}"))
        + (chat.Tools is null ? "" : $" tools={chat.Tools.ToJsonString()}");

    public static TheoryData<string, string, string> Samples => new()
    {
        { "alpaca", """{"instruction": "Add.", "input": "1 2", "output": "3"}""", "user:Add.\n1 2 / assistant:3*" },
        { "alpaca", """{"instruction": "Hi", "input": "", "output": "Ho", "system": "s"}""", "system:s / user:Hi / assistant:Ho*" },
        { "alpaca", """{"instruction": "Hi", "output": "Ho", "text": "whole"}""", "user:Hi / assistant:Ho*" },
        { "alpaca", """{"instruction": "c", "output": "d", "history": [["a", "b"]]}""", "user:a / assistant:b* / user:c / assistant:d*" },
        { "sharegpt", """{"conversations": [{"from": "human", "value": "u"}, {"from": "gpt", "value": "a"}]}""", "user:u / assistant:a*" },
        { "sharegpt", """{"conversations": [{"from": "human", "value": "u"}, {"from": "gpt", "value": "a", "weight": 0}, {"from": "human", "value": "v"}, {"from": "bard", "value": "b"}], "system": "s"}""",
            "system:s / user:u / assistant:a / user:v / assistant:b*" },
        { "sharegpt", """{"conversations": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]}""", "user:u / assistant:a*" },
        { "sharegpt", """{"conversations": [{"from": "human", "value": "u"}, {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {\"x\": 1}}"}, {"from": "observation", "value": "r"}, {"from": "gpt", "value": "a"}], "tools": "[{\"name\": \"f\", \"parameters\": {}}]"}""",
            """user:u / assistant:[tool_calls=[{"type":"function","function":{"name":"f","arguments":{"x":1}}}]]* / tool:r / assistant:a* tools=[{"type":"function","function":{"name":"f","parameters":{}}}]""" },
        { "sharegpt", """{"conversations": [{"from": "human", "value": "u"}, {"from": "function_call", "value": "[{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"arguments\": \"{\\\"y\\\": 2}\"}]"}], "tools": "[]"}""",
            """user:u / assistant:[tool_calls=[{"type":"function","function":{"name":"f","arguments":{}}},{"type":"function","function":{"name":"g","arguments":{"y":2}}}]]*""" },
        { "messages", """{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"x\": 1}"}}]}, {"role": "tool", "content": "r", "tool_call_id": "1"}, {"role": "assistant", "content": "a"}], "tools": [{"type": "function", "function": {"name": "f"}}]}""",
            """user:u / assistant:[tool_calls=[{"id":"1","type":"function","function":{"name":"f","arguments":{"x":1}}}]]* / tool:r[tool_call_id="1"] / assistant:a* tools=[{"type":"function","function":{"name":"f"}}]""" },
        { "messages", """{"messages": [{"role": "user", "content": "u", "weight": 0}, {"role": "assistant", "content": "a", "train": false}, {"role": "user", "content": "v"}, {"role": "assistant", "content": "b", "train": 1}]}""",
            "user:u / assistant:a / user:v / assistant:b*" },
        { "messages", """{"messages": [{"role": "system", "content": [{"type": "text", "value": "s"}], "loss_weight": 0.0}, {"role": "user", "content": [{"type": "text", "text": "u"}, {"type": "text", "text": "v"}]}, {"role": "assistant", "content": [{"type": "reasoning", "value": "r"}, {"type": "tool_call", "value": "{\"name\": \"f\", \"arguments\": {}}"}], "loss_weight": 1.0}]}""",
            """system:s / user:uv / assistant:[reasoning_content="r"][tool_calls=[{"type":"function","function":{"name":"f","arguments":{}}}]]*""" },
        { "messages", """{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a", "thinking": "r"}], "system": "s"}""", """system:s / user:u / assistant:a[reasoning_content="r"]*""" },
        { "completion", """{"prompt": "p", "completion": "c", "tools": "[{\"name\": \"f\"}]"}""", """user:p / assistant:c* tools=[{"type":"function","function":{"name":"f"}}]""" },
        { "text", """{"text": "t"}""", "text:t*" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_row_becomes_its_conversation(string shape, string row, string golden)
    {
        var (chats, problems, reader) = Read(row);
        Assert.Empty(problems.First);
        Assert.Equal(shape, reader.Report.Shape);
        Assert.Equal(golden, Golden(Assert.Single(chats)));
        Assert.DoesNotContain(reader.Warnings(), w => !w.Contains("`text`", StringComparison.Ordinal));
    }

    /// <summary>What the user mapped goes before a shape that the rows have beside it, but not before one that would be learned by mistake.</summary>
    [Theory]
    [InlineData("completion", "prompt=q completion=a", """{"q": "p", "a": "c", "messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]}""")]
    [InlineData("text", "text=text", """{"instruction": "i", "output": "o", "text": "whole"}""")]
    [InlineData("alpaca", "output=a", """{"instruction": "i", "a": "o", "text": "whole", "prompt": "p", "completion": "c"}""")]
    [InlineData("completion", "prompt=q", """{"q": "p", "completion": "c", "messages": []}""")]
    [InlineData("messages", "system=s", """{"s": "be kind", "text": "t", "messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]}""")]
    [InlineData("kto", "prompt=q completion=a", """{"q": "p", "a": "c", "label": true}""")]
    public void The_shape_is_the_one_whose_fields_are_mapped(string shape, string columns, string row)
    {
        var (_, _, reader) = Read(row, columns.Split(' ').Select(static c => c.Split('=')).ToDictionary(static c => c[0], static c => c[1]));
        Assert.Equal(shape, reader.Report.Shape);
    }

    [Theory]
    [InlineData("""{"instruction": "i", "output": " "}""", "`output` is empty")]
    [InlineData("""{"instruction": "i", "output": 7}""", "`output` must be a string, but is a number")]
    [InlineData("""{"instruction": "i", "input": [], "output": "o"}""", "`input` must be a string")]
    [InlineData("""{"instruction": "i", "output": "o", "history": "h"}""", "`history` must be a list of pairs")]
    [InlineData("""{"instruction": "i", "output": "o", "history": [["a"]]}""", "history[0]: must be a pair")]
    [InlineData("""{"conversations": [{"from": "human", "value": "u"}, {"from": "robot", "value": "a"}]}""", "`from` must be human, gpt")]
    [InlineData("""{"conversations": [{"from": "human", "value": "u"}, {"from": "gpt"}]}""", "`value` must be a string, but is missing")]
    [InlineData("""{"conversations": [{"from": "human", "value": "u"}, {"from": "function_call", "value": "call f"}]}""", "a tool call must be an object")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": "x"}}]}]}""", "a tool call must be an object")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a", "tool_calls": [{"name": 3}]}]}""", "a tool call must be an object")]
    [InlineData("""{"messages": [{"role": "user", "content": "u", "weight": 1}, {"role": "assistant", "content": "a"}]}""", "only answers of the assistant")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a", "weight": 0, "train": true}]}""", "the opposite")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a", "train": "yes"}]}""", "`train` must be 0 or 1")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}, {"role": "assistant", "content": "a"}]}""", "of type `image_url`")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a", "thinking": "x", "reasoning": "y"}]}""", "reasoning twice")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a", "thinking": ["x"]}]}""", "`thinking` must be a string")]
    [InlineData("""{"messages": [{"role": "system", "content": "s"}, {"role": "assistant", "content": "a"}], "system": "t"}""", "a system message as well")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}], "tools": "[f("}""", "`tools` must be a list")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}], "tools": [{"function": {}}]}""", "`tools` must be a list")]
    public void What_is_wrong_with_a_row_is_named(string row, string message)
    {
        var (chats, problems, _) = Read(row);
        Assert.Empty(chats);
        Assert.Contains(problems.First, p => p.ToString().Contains(message, StringComparison.Ordinal));
        Assert.All(problems.First, p => Assert.StartsWith("d.jsonl, row 1", p.Place, StringComparison.Ordinal));
    }

    [Fact]
    public void Text_within_text_is_not_taken_for_json()
    {
        // Not a list, although it begins as one: it must not be read beyond its own end.
        var (_, problems, _) = Read("""{"prompt": "p", "completion": "c", "tools": "[], \"completion\": \"x\""}""");
        Assert.Contains("`tools` must be a list", Assert.Single(problems.First).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt": "p", "chosen": "a", "rejected": "b"}""", "preference", "{prompt: prompt, completion: chosen}")]
    [InlineData("""{"instruction": "p", "input": "", "chosen": "a", "rejected": "b"}""", "preference", "{instruction: instruction, output: chosen}")]
    [InlineData("""{"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c"}""", "preference", "{text: chosen}")]
    [InlineData("""{"chosen": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}], "rejected": []}""", "preference", "{messages: chosen}")]
    [InlineData("""{"chosen_messages": [], "rejected_messages": []}""", "preference", "{messages: chosen_messages}")]
    [InlineData("""{"conversations": [{"from": "human", "value": "u"}], "chosen": {"from": "gpt", "value": "a"}, "rejected": {"from": "gpt", "value": "b"}}""", "preference", "end with the chosen answer")]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}], "label": true}""", "kto", "whose label is true")]
    [InlineData("""{"prompt": "p", "completion": "c", "label": false}""", "kto", "whose label is true")]
    [InlineData("""{"prompt": "p", "completion": "c", "label": "True"}""", "kto", "whose label is true")]
    [InlineData("""{"conversations": [], "kto_tag": false}""", "kto", "whose label is true")]
    public void Comparisons_are_recognised_and_refused_once_with_the_remedy(string row, string shape, string remedy)
    {
        var (chats, problems, reader) = Read(string.Join('\n', Enumerable.Repeat(row, 30)));
        Assert.Empty(chats);
        Assert.Equal(shape, reader.Report.Shape);
        var problem = Assert.Single(problems.First);
        Assert.Contains("no objective of this version", problem.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"text": "t", "label": true}""", "text")]
    [InlineData("""{"prompt": "p", "completion": "c", "label": "x"}""", "completion")]
    public void A_label_that_judges_no_answer_is_no_comparison(string row, string shape) => Assert.Equal(shape, Read(row).Reader.Report.Shape);

    [Fact]
    public void The_remedy_for_pairs_works()
    {
        var (chats, problems, reader) = Read("""{"prompt": "p", "chosen": "a", "rejected": "b"}""", new Dictionary<string, string> { ["prompt"] = "prompt", ["completion"] = "chosen" });
        Assert.Empty(problems.First);
        Assert.Equal("user:p / assistant:a*", Golden(Assert.Single(chats)));
        Assert.Contains("`rejected` (1 row)", Assert.Single(reader.Warnings()), StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_fill_fields_by_templates_and_what_they_read_counts_as_used()
    {
        var columns = new Dictionary<string, string> { ["prompt"] = "{context[]}\\n{question}", ["completion"] = "qa.answer", ["system"] = "{hint?}" };
        var rows = """{"question": "q", "context": ["c", "d"], "qa": {"answer": "a", "why": "w"}, "id": 3}""";
        var (chats, problems, reader) = Read(rows + "\n" + rows, columns);
        Assert.Empty(problems.First);
        Assert.Equal("user:c\nd\nq / assistant:a*", Golden(chats[1]));
        Assert.Contains("`id` (2 rows)", Assert.Single(reader.Warnings()), StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_may_come_from_a_nested_column()
    {
        var columns = new Dictionary<string, string> { ["messages"] = "chat.turns" };
        var row = """{"chat": {"turns": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]}}""";
        Assert.Equal(["user:u / assistant:a*", "user:u / assistant:a*"], Read(row + "\n" + row, columns).Chats.Select(Golden));
    }

    [Fact]
    public void A_number_in_the_place_of_text_is_refused_with_the_template_that_takes_it()
    {
        var problem = Assert.Single(Read("""{"prompt": "p", "completion": 3}""").Problems.First);
        Assert.Contains("completion: \"{completion}\"", problem.Remedy, StringComparison.Ordinal);
        var (chats, _, _) = Read("""{"prompt": "p", "completion": 3}""", new Dictionary<string, string> { ["completion"] = "{completion}" });
        Assert.Equal("user:p / assistant:3*", Golden(Assert.Single(chats)));
    }
}
