using Attune.Problems;
using Attune.Text;

namespace Attune.Tests.Text;

public class ChatTemplateTests
{
    private static readonly ChatMessage[] Conversation = [new("user", "Hi"), new("assistant", "Hello")];

    [Fact]
    public void ChatMl_marks_each_turn() =>
        Assert.Equal("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>assistant\n", ChatTemplate.ChatMl.Render(Conversation, new() { AddGenerationPrompt = true }));

    [Theory]
    [InlineData("a\n{% include 'x' %}", "line 2: the statement {% include %} is not supported")]
    [InlineData("{% for x in y recursive %}{% endfor %}", "line 1: a recursive loop is not supported")]
    [InlineData("{% if x %}\n", "expected {% endif %}, found the end of the template")]
    [InlineData("{{ x", "a tag is not closed by }}")]
    [InlineData("{{ 'x }}", "a string is not closed")]
    [InlineData("{{ x y }}", "expected \"}}\", found \"y\"")]
    [InlineData("{% break %}", "{% break %} stands outside a loop")]
    [InlineData("{# x", "a comment is not closed")]
    [InlineData("{{ a ? b }}", "the character ? is not expected here")]
    public void A_malformed_template_is_an_error_with_its_line(string source, string message) =>
        Assert.Contains(message, Assert.Throws<UserErrorException>(() => ChatTemplate.Parse(source, "t.jinja")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a\n\n{{ x.y }}", "t.jinja, line 3: 'x' is undefined")]
    [InlineData("{{ messages[9].role }}", "'9' of a list is undefined")]
    [InlineData("{{ 1 | nofilter }}", "the filter \"nofilter\" is not supported")]
    [InlineData("{{ 1 is notest }}", "the test \"is notest\" is not supported")]
    [InlineData("{{ 'a' + 1 }}", "+ does not go with str and int")]
    [InlineData("{{ none | tojson | nothing() }}", "the filter \"nothing\" is not supported")]
    [InlineData("{{ messages.append(1) }}", "'append' of a list is undefined")]
    [InlineData("{% set messages.x = 1 %}", "messages is not a namespace")]
    [InlineData("{{ 1 // 0 }}", "division by zero")]
    [InlineData("{{ 9223372036854775807 + 1 }}", "a number grows beyond 64 bits")]
    [InlineData("{% for a, b in [1] %}{% endfor %}", "cannot be iterated")]
    [InlineData("{% for x in none %}{% endfor %}", "a NoneType cannot be iterated")]
    [InlineData("{{ range(10000000) }}", "range is limited")]
    [InlineData("{{ strftime_now('%Q') }}", "the time format %Q is not supported")]
    public void A_value_that_does_not_fit_is_an_error_with_its_line(string source, string message) => Assert.Contains(message, Fail(source), StringComparison.Ordinal);

    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "does more work")]
    [InlineData("{% set ns = namespace(s='x') %}{% for a in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "does more work")]
    [InlineData("{{ 'x' * 99999999999 }}", "grows beyond")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested deeper than 100")]
    [InlineData("{% set ns = namespace(l=[]) %}{% for a in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}", "nested too deeply")]
    public void A_template_that_would_not_end_is_stopped(string source, string message) => Assert.Contains(message, Fail(source), StringComparison.Ordinal);

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("-", "")]
    [InlineData("not ", "")]
    public void Nesting_without_end_is_refused_and_does_not_crash(string open, string close)
    {
        var source = "{{ " + string.Concat(Enumerable.Repeat(open, 50_000)) + "1" + string.Concat(Enumerable.Repeat(close, 50_000)) + " }}";
        Assert.Contains("nested", Assert.Throws<UserErrorException>(() => ChatTemplate.Parse(source, "t")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_chain_of_operators_does_not_crash() => Assert.Contains("nested", Fail("{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 100_000)) + " }}"), StringComparison.Ordinal);

    [Fact]
    public void Generation_marks_are_read_and_leave_no_trace()
    {
        var template = ChatTemplate.Parse("{% for m in messages %}{% generation %}{{ m.content }}{% set x = 1 %}{% endgeneration %}{{ x is defined }};{% endfor %}", "t");
        Assert.Equal("HiFalse;HelloFalse;", template.Render(Conversation, new()));
    }

    [Fact]
    public void Extra_fields_and_variables_are_seen()
    {
        var message = new ChatMessage("assistant", "") { Extra = new Dictionary<string, System.Text.Json.Nodes.JsonNode?> { ["name"] = "n", ["content"] = null } };
        var options = new ChatOptions { Variables = new Dictionary<string, System.Text.Json.Nodes.JsonNode?> { ["enable_thinking"] = false } };
        var template = ChatTemplate.Parse("{{ messages[0].name }} {{ messages[0].content is none }} {{ enable_thinking is false }} {{ bos_token is defined }} {{ tools is none }}", "t");
        Assert.Equal("n True True False True", template.Render([message], options));
    }

    [Fact]
    public void The_models_template_is_found_in_its_files()
    {
        var folder = Directory.CreateTempSubdirectory();
        var config = Path.Combine(folder.FullName, "tokenizer_config.json");
        try
        {
            Assert.Null(ChatTemplate.FromModel(folder.FullName));
            File.WriteAllText(config, "{}");
            Assert.Null(ChatTemplate.FromModel(folder.FullName));
            File.WriteAllText(config, """{"chat_template": "one"}""");
            Assert.Equal("one", ChatTemplate.FromModel(folder.FullName)!.Source);
            File.WriteAllText(config, """{"chat_template": [{"name": "tool_use", "template": "two"}, {"name": "default", "template": "three"}]}""");
            Assert.Equal("three", ChatTemplate.FromModel(folder.FullName)!.Source);
            File.WriteAllText(config, """{"chat_template": [{"name": "tool_use", "template": "two"}]}""");
            Assert.Contains("none of the templates is named \"default\"", Assert.Throws<UserErrorException>(() => ChatTemplate.FromModel(folder.FullName)).Message, StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(folder.FullName, "chat_template.jinja"), "four");
            Assert.Equal("four", ChatTemplate.FromModel(folder.FullName)!.Source);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Fail(string source) => Assert.Throws<UserErrorException>(() => ChatTemplate.Parse(source, "t.jinja").Render(Conversation, new())).Message;
}
