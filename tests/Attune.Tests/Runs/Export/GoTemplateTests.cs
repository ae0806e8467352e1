using Attune.Runs.Export;
using Attune.Text;

namespace Attune.Tests.Runs.Export;

/// <summary>Chat templates in Ollama's language: what can be said is said exactly, the rest not at all.</summary>
public class GoTemplateTests
{
    [Fact]
    public void ChatML_is_said() => Assert.Equal(
        "{{ range .Messages }}{{ if eq .Role \"system\" }}<|im_start|>system\n{{ .Content }}<|im_end|>\n"
        + "{{ else if eq .Role \"user\" }}<|im_start|>user\n{{ .Content }}<|im_end|>\n"
        + "{{ else if eq .Role \"assistant\" }}<|im_start|>assistant\n{{ .Content }}<|im_end|>\n{{ end }}{{ end }}<|im_start|>assistant\n",
        Of(ChatTemplate.ChatMl.Source));

    [Fact]
    public void A_default_system_message_stands_where_there_is_none() => Assert.Equal(
        "{{ if ne (index .Messages 0).Role \"system\" }}[be kind]{{ end }}{{ range .Messages }}{{ if eq .Role \"system\" }}[{{ .Content }}]"
        + "{{ else if eq .Role \"user\" }}u:{{ .Content }};{{ else if eq .Role \"assistant\" }}a:{{ .Content }};{{ end }}{{ end }}a:",
        Of("{% if messages[0].role != 'system' %}[be kind]{% endif %}{% for m in messages %}{% if m.role == 'system' %}[{{ m.content }}]{% else %}{{ m.role[0] }}:{{ m.content }};{% endif %}{% endfor %}{% if add_generation_prompt %}a:{% endif %}"));

    [Fact]
    public void A_token_that_the_runner_adds_is_left_out() => Assert.DoesNotContain(
        "<s>", Of("<s>{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}", "<s>"), StringComparison.Ordinal);

    [Theory]
    [InlineData("{% for m in messages %}{{ m.role }}: {{ m.content | upper }}\n{% endfor %}")]
    [InlineData("{% for m in messages %}{{ loop.index }} {{ m.role }}: {{ m.content }}\n{% endfor %}")]
    [InlineData("{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}{{ m.role }}: {{ m.content }}\n{% endfor %}")]
    [InlineData("{% for m in messages %}{% if m.role == 'system' %}{{ m.tools.first.name }}{% endif %}{{ m.role }}: {{ m.content }}\n{% endfor %}")]
    [InlineData("{% for m in messages %}{% if loop.last %}{{ m.role }}: {{ m.content }}\n{% endif %}{% endfor %}")]
    [InlineData("{% for m in messages %}{{ '{{' }}{{ m.role }}: {{ m.content }}\n{% endfor %}")]
    public void What_does_more_is_not_said(string template) => Assert.Null(Of(template));

    private static string? Of(string source, string? bos = null)
    {
        var template = ChatTemplate.Parse(source, "test");
        return GoTemplate.Of((messages, generate) => template.Render(messages, new ChatOptions { AddGenerationPrompt = generate }), bos);
    }
}
