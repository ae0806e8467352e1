using Attune.Data;
using Attune.Text;

namespace Attune.Tests.Data;

/// <summary>Reasoning reaches the model under whatever name the data and the template give it, or its loss is reported.</summary>
[Trait("SilentFailure", "11")]
public class ReasoningTests : TempFiles
{
    private const string Prompt = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private static string Row(string key) =>
        $$"""{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "{{key}}": "greet"}]}""";

    private static string Reading(string expression) =>
        "{% for m in messages %}<|im_start|>{{ m.role }}\n" + expression + "{{ m.content }}<|im_end|>\n{% endfor %}" + Prompt;

    private DataSet Read(string rows, string template) => Load(Write("d.jsonl", rows), null, ChatTemplate.Parse(template, "t.jinja"));

    private static string Trained(DataSet data) =>
        string.Join('|', data.Examples.SelectMany(e => Preview.Of(e, TinyTokenizer.Make()).Segments).Where(s => s.Trained).Select(s => s.Text));

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var data in MessageReader.ReasoningKeys)
            {
                foreach (var template in MessageReader.ReasoningKeys)
                    pairs.Add(data, template);
            }
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Any_name_in_the_data_meets_any_name_in_the_template(string data, string template)
    {
        var set = Read(Row(data), Reading($"{{% if m.{template} %}}[{{{{ m.{template} }}}}]{{% endif %}}"));
        Assert.Equal("[greet]hello<|im_end|>", Trained(set));
        Assert.DoesNotContain(set.Report.Warnings, w => w.Contains("does not read", StringComparison.Ordinal));
        Assert.Equal(template != "reasoning_content", set.Report.Warnings.Any(w => w.Contains($"goes under `{template}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_template_that_takes_think_tags_apart_gets_them()
    {
        const string splits = "{% if m.role == 'assistant' %}{% set parts = m.content.split('</think>') %}{{ parts[0] }}</think>{{ parts[-1] }}<|im_end|>\n{% else %}{{ m.content }}<|im_end|>\n{% endif %}";
        var set = Read(Row("thinking"), "{% for m in messages %}<|im_start|>{{ m.role }}\n" + splits + "{% endfor %}" + Prompt);
        Assert.Equal("<think>\ngreet\n</think>\n\nhello<|im_end|>", Trained(set));
        Assert.Contains(set.Report.Warnings, w => w.Contains("between <think> and </think>", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{% if false %}{{ m.reasoning_content }}{% endif %}")]
    [InlineData("{# thinking, reasoning #}")]
    public void Reasoning_that_no_template_text_shows_is_reported_although_it_may_be_mentioned(string expression)
    {
        var set = Read(Row("thinking") + "\n" + Row("reasoning"), Reading(expression));
        Assert.Equal("hello<|im_end|>|hello<|im_end|>", Trained(set));
        Assert.Contains("the template does not read `reasoning_content`, which 2 messages carry: their reasoning is not learned", set.Report.Warnings);
    }

    [Fact]
    public void Reasoning_that_strips_from_think_tags_is_reported()
    {
        // As DeepSeek's distilled models have it: whatever stands before the tag is thrown away.
        const string strips = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content.split('</think>')[-1] }}<|im_end|>\n{% endfor %}" + Prompt;
        Assert.Contains(Read(Row("reasoning"), strips).Report.Warnings, w => w.Contains("reasoning is not learned", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("name", "\"x\"", true)]
    [InlineData("tool_call_id", "\"1\"", true)]
    [InlineData("reasoning_content", "\"r\"", false)]
    public void Every_key_that_the_template_does_not_write_is_reported_and_only_those(string key, string value, bool reported)
    {
        var row = $$"""{"messages": [{"role": "user", "content": "hi", "{{key}}": {{value}}}, {"role": "assistant", "content": "hello"}]}""";
        var set = Read(row, Reading("{{ m.reasoning_content }}"));
        Assert.Equal(reported, set.Report.Warnings.Any(w => w.Contains($"does not read `{key}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void Tools_that_the_template_does_not_write_are_reported()
    {
        const string row = """{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "tools": [{"name": "f"}]}""";
        Assert.Contains(Read(row, Reading("")).Report.Warnings, w => w.Contains("does not read `tools`", StringComparison.Ordinal));
        Assert.Empty(Read(row, "{{ tools | tojson }}" + Reading("")).Report.Warnings);
    }

    [Fact]
    public void A_key_that_is_read_in_some_conversations_only_is_counted()
    {
        var set = Read(Row("name") + "\n" + Row("name").Replace("hello", "bye", StringComparison.Ordinal), Reading("{% if m.content == 'bye' %}{{ m.name }}{% endif %}"));
        Assert.Contains(set.Report.Warnings, w => w.Contains("1 of 2 messages", StringComparison.Ordinal));
    }
}
