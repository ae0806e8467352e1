using Attune.Data;
using Attune.Formats;
using Attune.Text;

namespace Attune.Tests.Data;

public class TemplateChoiceTests : TempFiles
{
    private const string Row = """{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}""";

    [Fact]
    public void ChatML_stays_as_it_is_where_the_tokenizer_knows_its_tokens() =>
        Assert.Same(ChatTemplate.ChatMl, TemplateChoice.Of("chatml", ModelFiles.InFolder(""), TinyTokenizer.Make()));

    [Fact]
    [Trait("SilentFailure", "2")]
    public void ChatML_ends_turns_with_the_models_end_token_where_it_does_not()
    {
        var tokenizer = TinyTokenizer.Make(turns: []);
        var data = Load(Write("d.jsonl", Row), tokenizer, TemplateChoice.Of("chatml", ModelFiles.InFolder(""), tokenizer));
        var example = Assert.Single(data.Examples);
        Assert.Equal("<|im_start|>user\nhi<|eos|>\n<|im_start|>assistant\nhello<|eos|>", tokenizer.Decode(example.Ids, skipSpecialTokens: false));
        Assert.Equal("hello<|eos|>", tokenizer.Decode(example.Answer, skipSpecialTokens: false));
        Assert.Equal([tokenizer.EosId!.Value], data.StopIds);
    }

    /// <summary>The end token is sought after normalization here, which puts a blank before it: behind an answer it must be found all the same.</summary>
    [Fact]
    [Trait("SilentFailure", "2")]
    public void A_normalizer_that_prepends_a_blank_does_not_hide_the_end_token()
    {
        var letters = Text.TinyTokenizer.Letters("▁abcdefghijklmnopqrstuvwxyz_<>|\n");
        var json = Text.TinyTokenizer.Json(
            [.. letters, "<end>"],
            normalizer: """{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}""",
            added: $$"""[{"id": {{letters.Length}}, "content": "<end>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": true, "special": true}]""");
        var tokenizer = Tokenizer.Parse(json, """{"eos_token": "<end>"}""", "tiny");
        Assert.DoesNotContain(tokenizer.EosId!.Value, tokenizer.Encode("hello<end>", addSpecialTokens: false).Ids);
        var data = Load(Write("d.jsonl", Row), tokenizer, TemplateChoice.Of("chatml", ModelFiles.InFolder(""), tokenizer));
        var example = Assert.Single(data.Examples);
        Assert.Equal(tokenizer.EosId, example.Ids[^1]);
        Assert.Equal(2, example.Ids.Count(id => id == tokenizer.EosId));
        Assert.Equal(example.Ids[..^example.Answer.Length], Prompts.Encode(tokenizer, "<|im_start|>user\nhi<end>\n<|im_start|>assistant\n"));
    }

    [Theory]
    [InlineData("tinystories-656K")]
    [InlineData("stories260K")]
    [Trait("SilentFailure", "2")]
    public void ChatML_fits_models_that_never_saw_it(string model)
    {
        var folder = SharedData.Require("models", model);
        var tokenizer = Tokenizer.Load(folder);
        var rows = File.ReadLines(Path.Combine(SharedData.RepositoryRoot, "recipes", "data", "support", "train.jsonl")).Take(50);
        var data = Load(Write("d.jsonl", string.Join('\n', rows)), tokenizer, TemplateChoice.Of("chatml", ModelFiles.InFolder(folder), tokenizer), new DataOptions { MaxLength = 512 });
        Assert.Equal(50, data.Examples.Count);
        Assert.All(data.Examples, e => Assert.Equal(tokenizer.EosId, e.Ids[^1]));
    }

    [Fact]
    [Trait("SilentFailure", "5")]
    public void Unasked_the_models_own_template_rules()
    {
        var folder = Path.GetDirectoryName(Write("chat_template.jinja", "own"))!;
        Assert.Equal("own", TemplateChoice.Of(null, ModelFiles.InFolder(folder), TinyTokenizer.Make())!.Source);
        Assert.Equal("mine", TemplateChoice.Of(Write("mine.jinja", "mine"), ModelFiles.InFolder(folder), TinyTokenizer.Make())!.Source);
        Assert.Contains("no file", Assert.Single(Refused(() => TemplateChoice.Of("nowhere.jinja", ModelFiles.InFolder(folder), TinyTokenizer.Make())!)).Message, StringComparison.Ordinal);
    }
}
