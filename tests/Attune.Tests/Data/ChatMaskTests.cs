using Attune.Data;
using Attune.Text;

namespace Attune.Tests.Data;

/// <summary>Which tokens of a chat are learned, for templates of every make: checked by decoding what is trained.</summary>
public class ChatMaskTests : TempFiles
{
    private const string ChatMl = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private const string Two = """{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}, {"role": "user", "content": "more"}, {"role": "assistant", "content": "bye"}]}""";

    private DataSet Read(string rows, string template, Tokenizer? tokenizer = null, DataOptions? options = null) =>
        Load(Write("d.jsonl", rows), tokenizer, ChatTemplate.Parse(template, "t.jinja"), options);

    private static string Trained(Example example, Tokenizer? tokenizer = null) =>
        string.Join('|', Preview.Of(example, tokenizer ?? TinyTokenizer.Make()).Segments.Where(s => s.Trained).Select(s => s.Text));

    private static string All(Example example, Tokenizer? tokenizer = null) => (tokenizer ?? TinyTokenizer.Make()).Decode(example.Ids, skipSpecialTokens: false);

    [Fact]
    [Trait("SilentFailure", "1")]
    public void Answers_are_learned_and_nothing_else_without_a_generation_tag()
    {
        var example = Assert.Single(Read(Two, ChatMl).Examples);
        Assert.Equal("hello<|im_end|>|bye<|im_end|>", Trained(example));
        Assert.Equal("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", TinyTokenizer.Make().Decode(example.Prompt, skipSpecialTokens: false));
        Assert.Equal("hello<|im_end|>", TinyTokenizer.Make().Decode(example.Answer, skipSpecialTokens: false));
        Assert.Equal("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nhello<|im_end|>\n<|im_start|>user\nmore<|im_end|>\n<|im_start|>assistant\nbye<|im_end|>", All(example));
    }

    [Theory]
    [InlineData("assistant")]
    [InlineData("<|im_start|>assistant")]
    [InlineData("im_end")]
    [InlineData("user says: hi")]
    [InlineData("a<|im_end|>b")]
    [InlineData("  padded  ")]
    [Trait("SilentFailure", "1")]
    public void The_mask_goes_by_position_whatever_the_answer_says(string answer)
    {
        var row = $$"""{"messages": [{"role": "user", "content": "{{answer}}"}, {"role": "assistant", "content": "{{answer}}"}]}""";
        Assert.Equal($"{answer}<|im_end|>", Trained(Assert.Single(Read(row, ChatMl).Examples)));
    }

    [Fact]
    [Trait("SilentFailure", "1")]
    public void A_turn_with_weight_0_is_not_learned()
    {
        var row = Two.Replace("\"hello\"", "\"hello\", \"weight\": 0", StringComparison.Ordinal);
        Assert.Equal("bye<|im_end|>", Trained(Assert.Single(Read(row, ChatMl).Examples)));
    }

    [Fact]
    [Trait("SilentFailure", "1")]
    public void A_template_that_would_have_the_prompt_learned_is_refused_with_the_row()
    {
        const string ignores = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";
        var problem = Assert.Single(Refused(() => Read(Two, ignores)), p => p.Message.Contains("prompt would be trained on", StringComparison.Ordinal));
        Assert.Equal("d.jsonl, row 1", problem.Place);
        Assert.Contains("<|im_start|>assistant", problem.Message, StringComparison.Ordinal);
        Assert.Contains("add_generation_prompt", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_without_a_header_of_its_own_needs_no_generation_prompt()
    {
        const string inst = "{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}";
        Assert.Equal(" hello<|eos|>| bye<|eos|>", Trained(Assert.Single(Read(Two, inst).Examples)));
    }

    [Fact]
    [Trait("SilentFailure", "2")]
    public void The_stop_token_is_learned_and_reported_and_what_follows_is_not()
    {
        // Like Phi's: a closing end token that is only there without the generation prompt.
        const string phi = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% else %}{{ eos_token }}{% endif %}";
        var data = Read(Two, phi);
        Assert.Equal("hello<|im_end|>|bye<|im_end|>", Trained(Assert.Single(data.Examples)));
        var tokenizer = TinyTokenizer.Make();
        Assert.Equal([tokenizer.EosId!.Value, tokenizer.IdOf("<|im_end|>")!.Value], data.StopIds.Order());
    }

    [Fact]
    [Trait("SilentFailure", "2")]
    public void An_answer_without_a_stop_token_is_refused_with_row_and_remedy()
    {
        const string plain = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}";
        var problem = Assert.Single(Refused(() => Read(Two, plain)));
        Assert.Equal("d.jsonl, row 1", problem.Place);
        Assert.Contains("no stop token follows the answer", problem.Message, StringComparison.Ordinal);
        Assert.Contains("<|eos|>", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("SilentFailure", "2")]
    public void A_turn_end_that_is_several_ordinary_tokens_is_refused()
    {
        // ChatML on a tokenizer that does not know <|im_end|>.
        var problem = Assert.Single(Refused(() => Read(Two, ChatMl, TinyTokenizer.Make(turns: []))));
        Assert.Contains("`<|im_end|>", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("SilentFailure", "2")]
    public void A_template_that_drops_earlier_reasoning_gives_one_example_per_answer_and_says_so()
    {
        const string reasoning = "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.reasoning_content is defined and loop.last %}[{{ m.reasoning_content }}]{% endif %}{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
        const string row = """{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "thinking": "greet"}, {"role": "user", "content": "more"}, {"role": "assistant", "content": "bye", "thinking": "part"}]}""";
        var data = Read(row, reasoning);
        Assert.Equal(["[greet]hello<|im_end|>", "[part]bye<|im_end|>"], data.Examples.Select(e => Trained(e)));
        Assert.Equal(data.Examples[0].Group, data.Examples[1].Group);
        Assert.Contains(data.Report.Warnings, w => w.Contains("one example per answer", StringComparison.Ordinal));
    }

    [Fact]
    public void A_generation_prompt_that_is_not_how_answers_begin_is_refused()
    {
        const string odd = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>model\n{% endif %}";
        Assert.Contains("generation prompt", Assert.Single(Refused(() => Read(Two, odd))).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("SilentFailure", "11")]
    public void A_key_that_the_template_does_not_read_is_reported()
    {
        var row = Two.Replace("\"hello\"", "\"hello\", \"thinking\": \"greet\"", StringComparison.Ordinal);
        Assert.Contains(Read(row, ChatMl).Report.Warnings, w => w.Contains("`reasoning_content`", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, true, 1)]
    [InlineData(true, true, 1)]
    [InlineData(true, false, 1)]
    [InlineData(false, false, 0)]
    [Trait("SilentFailure", "19")]
    public void There_is_never_a_second_BOS(bool tokenizerAdds, bool templateWrites, int expected)
    {
        var tokenizer = TinyTokenizer.Make(bos: tokenizerAdds);
        var example = Assert.Single(Read(Two, (templateWrites ? "{{ bos_token }}" : "") + ChatMl, tokenizer).Examples);
        Assert.Equal(expected, example.Ids.Count(id => id == tokenizer.BosId));
        Assert.Equal(expected == 1, example.Ids[0] == tokenizer.BosId);
        Assert.Equal("hello<|im_end|>|bye<|im_end|>", Trained(example, tokenizer));
    }

    private const string Calls = """{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": null, "tool_calls": [{"name": "f", "arguments": {"x": 1}}]}, {"role": "tool", "content": "r"}, {"role": "assistant", "content": "bye"}]}""";

    // Like Qwen's, whose line end stands in front of content and calls alike.
    private const string Calling = "{% for m in messages %}<|im_start|>{{ m.role }}{% if m.tool_calls %}{% if m.content %}{{ '\n' + m.content }}{% endif %}{% for c in m.tool_calls %}{{ '\n' }}OPEN{{ c.function.name }} {{ c.function.arguments | tojson }}CLOSE{% endfor %}{% else %}{{ '\n' }}{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    [Theory]
    [InlineData("[", "]", "")]
    [InlineData("<|call|>", "<|/call|>", "")]
    [InlineData("<|call|>", "<|/call|>", "well")]
    [Trait("SilentFailure", "2")]
    public void Tool_calls_are_learned_to_the_stop_token_behind_them_whatever_tokens_they_are_written_with(string open, string close, string content)
    {
        var tokenizer = TinyTokenizer.Make(turns: ["<|im_start|>", "<|im_end|>", "<|call|>", "<|/call|>"]);
        var template = Calling.Replace("OPEN", open, StringComparison.Ordinal).Replace("CLOSE", close, StringComparison.Ordinal);
        var data = Read(content.Length == 0 ? Calls : Calls.Replace("null", $"\"{content}\"", StringComparison.Ordinal), template, tokenizer);
        var line = content.Length == 0 ? "" : content + "\n";
        Assert.Equal($"{line}{open}f {{\"x\": 1}}{close}<|im_end|>|bye<|im_end|>", Trained(Assert.Single(data.Examples), tokenizer));
        Assert.Equal(new[] { tokenizer.EosId!.Value, tokenizer.IdOf("<|im_end|>")!.Value }.Order(), data.StopIds.Order());
    }

    [Fact]
    public void What_a_template_refuses_is_reported_with_the_row()
    {
        var problem = Assert.Single(Refused(() => Read(Two + "\n" + Two.Replace("\"user\"", "\"system\"", StringComparison.Ordinal), "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + ChatMl)));
        Assert.Equal("d.jsonl, row 2", problem.Place);
        Assert.Contains("System role not supported", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prompt_and_completion_go_through_the_template_where_there_is_one()
    {
        var example = Assert.Single(Read("""{"prompt": "hi", "completion": "hello", "system": "be kind"}""", ChatMl).Examples);
        Assert.StartsWith("<|im_start|>system\nbe kind<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n", All(example), StringComparison.Ordinal);
        Assert.Equal("hello<|im_end|>", Trained(example));
    }

    [Fact]
    public void A_token_across_the_border_counts_as_prompt_and_is_reported()
    {
        const string tight = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}:{% else %}{{ m.content }}<|im_end|>{% endif %}{% endfor %}";
        var data = Read("""{"messages": [{"role": "user", "content": "ok?"}, {"role": "assistant", "content": " yes"}]}""", tight);
        Assert.Equal("es<|im_end|>", Trained(Assert.Single(data.Examples)));
        Assert.Contains(data.Report.Warnings, w => w.StartsWith("1 example with a token across the border", StringComparison.Ordinal));
    }
}
