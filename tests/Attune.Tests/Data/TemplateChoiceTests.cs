using Attune.Data;
using Attune.Text;

namespace Attune.Tests.Data;

public class TemplateChoiceTests : TempFiles
{
    private const string Row = """{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}""";

    [Fact]
    public void ChatML_stays_as_it_is_where_the_tokenizer_knows_its_tokens() =>
        Assert.Same(ChatTemplate.ChatMl, TemplateChoice.Of("chatml", "", TinyTokenizer.Make()));

    [Fact]
    [Trait("SilentFailure", "2")]
    public void ChatML_ends_turns_with_the_models_end_token_where_it_does_not()
    {
        var tokenizer = TinyTokenizer.Make(turns: []);
        var data = Load(Write("d.jsonl", Row), tokenizer, TemplateChoice.Of("chatml", "", tokenizer));
        var example = Assert.Single(data.Examples);
        Assert.Equal("<|im_start|>user\nhi<|eos|>\n<|im_start|>assistant\nhello<|eos|>", tokenizer.Decode(example.Ids, skipSpecialTokens: false));
        Assert.Equal("hello<|eos|>", tokenizer.Decode(example.Answer, skipSpecialTokens: false));
        Assert.Equal([tokenizer.EosId!.Value], data.StopIds);
    }

    [Fact]
    [Trait("SilentFailure", "5")]
    public void Unasked_the_models_own_template_rules()
    {
        var folder = Path.GetDirectoryName(Write("chat_template.jinja", "own"))!;
        Assert.Equal("own", TemplateChoice.Of(null, folder, TinyTokenizer.Make())!.Source);
        Assert.Equal("mine", TemplateChoice.Of(Write("mine.jinja", "mine"), folder, TinyTokenizer.Make())!.Source);
        Assert.Contains("no file", Assert.Single(Refused(() => TemplateChoice.Of("nowhere.jinja", folder, TinyTokenizer.Make())!)).Message, StringComparison.Ordinal);
    }
}
