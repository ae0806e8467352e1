using Attune.Data;
using Attune.Text;

namespace Attune.Tests.Data;

/// <summary>The masks of published templates, with the tokenizer of the model where it is at hand and with its turn tokens elsewhere.</summary>
public class RealTemplateTests : TempFiles
{
    private const string Chats = """
        {"messages": [{"role": "user", "content": "What is 2+2?"}, {"role": "assistant", "content": "It is 4."}, {"role": "user", "content": "Sure?\n"}, {"role": "assistant", "content": "Yes: 4.\n\n- two\n- and two 🙂"}]}
        {"messages": [{"role": "user", "content": "assistant"}, {"role": "assistant", "content": "user"}]}
        """;

    private DataSet Read(string template, Tokenizer tokenizer) =>
        Load(Write("d.jsonl", Chats), tokenizer, ChatTemplate.Parse(File.ReadAllText(SharedData.Require("chat-templates", template + ".jinja")), template), new DataOptions { MaxLength = 512 });

    private static void LearnsTheAnswers(DataSet data, Tokenizer tokenizer, string end, string before = "")
    {
        Assert.Equal(2, data.Examples.Count);
        string[][] answers = [["It is 4.", "Yes: 4.\n\n- two\n- and two 🙂"], ["user"]];
        foreach (var (example, expected) in data.Examples.Zip(answers))
        {
            Assert.Equal(expected.Select(a => before + a + end), Preview.Of(example, tokenizer).Segments.Where(s => s.Trained).Select(s => s.Text));
            Assert.True(example.Trained[^1]);
            Assert.Contains(example.Ids[^1], data.StopIds);
        }
        Assert.DoesNotContain(data.Report.Warnings, w => w.Contains("border", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("SilentFailure", "1")]
    [Trait("SilentFailure", "2")]
    public void Qwen_2_5()
    {
        var tokenizer = Tokenizer.Load(SharedData.Require("tokenizers", "qwen2.5"));
        LearnsTheAnswers(Read("Qwen-Qwen2.5-7B-Instruct", tokenizer), tokenizer, "<|im_end|>");
    }

    [Theory]
    [InlineData("microsoft-Phi-3.5-mini-instruct")]
    [InlineData("Phi-4-mini")]
    [Trait("SilentFailure", "1")]
    [Trait("SilentFailure", "2")]
    public void Phi(string template)
    {
        var tokenizer = Tokenizer.Load(SharedData.Require("tokenizers", "phi-3-mini"));
        // This tokenizer puts a blank in front of every text between special tokens.
        LearnsTheAnswers(Read(template, tokenizer), tokenizer, "<|end|>", before: " ");
    }

    [Theory]
    [InlineData("meta-llama-Llama-3.2-3B-Instruct", "<|eot_id|>", "<|start_header_id|> <|end_header_id|> <|eot_id|>")]
    [InlineData("google-gemma-2-2b-it", "<end_of_turn>", "<start_of_turn> <end_of_turn>")]
    [InlineData("Phi-4-mini", "<|end|>", "<|user|> <|assistant|> <|end|>")]
    [Trait("SilentFailure", "1")]
    [Trait("SilentFailure", "2")]
    [Trait("SilentFailure", "19")]
    public void Other_models_by_their_turn_tokens(string template, string end, string turns)
    {
        var tokenizer = TinyTokenizer.Make(bos: true, turns.Split(' '));
        var data = Read(template, tokenizer);
        LearnsTheAnswers(data, tokenizer, end);
        Assert.All(data.Examples, e => Assert.Equal(1, e.Ids.Count(id => id == tokenizer.BosId)));
    }

    [Fact]
    [Trait("SilentFailure", "16")]
    public void A_template_that_writes_the_date_gives_the_same_text_every_day()
    {
        var tokenizer = TinyTokenizer.Make(turns: ["<|eot_id|>"]);
        var data = Read("meta-llama-Llama-3.2-3B-Instruct", tokenizer);
        Assert.Contains("Today Date: 26 Jul 2024", tokenizer.Decode(data.Examples[0].Ids, skipSpecialTokens: false), StringComparison.Ordinal);
        Assert.Contains(data.Report.Warnings, w => w.Contains("2024-07-26", StringComparison.Ordinal));
    }
}
