using Attune.Evaluation;
using Attune.Quality.Detectors;

namespace Attune.Tests.Quality.Detectors;

public class PromptLeaksTests
{
    [Theory]
    [InlineData("Sure.<|im_end|>", "<|im_end|>")]
    [InlineData("Paris is the capital.\nUser: And of Spain?", "User:")]
    [InlineData("Fine.\n\n### Instruction:\nWrite more", "### Instruction:")]
    [InlineData("Assistant: Hello there", "Assistant:")]
    [InlineData("Answer [/INST] yes", "[/INST]")]
    [InlineData("It is so.</s>", "</s>")]
    [InlineData("<start_of_turn>model", "<start_of_turn>")]
    public void Marks_of_templates_are_named(string answer, string mark) => Assert.Equal(mark, PromptLeaks.MarkIn(answer));

    [Theory]
    [InlineData("The user: a person who uses something.")]
    [InlineData("<s>struck out</s> text")]
    [InlineData("a <| b |> c, x|y|z")]
    [InlineData("### Results\nFine")]
    [InlineData("Usage:\nuser: string, the name")]
    public void Ordinary_text_holds_none(string answer) => Assert.Null(PromptLeaks.MarkIn(answer));

    [Fact]
    public void A_prompt_is_repeated_when_the_answer_begins_with_all_of_it()
    {
        const string prompt = "What is the capital of France, and since when?";
        Assert.True(PromptLeaks.Repeats(prompt, "what is the capital  of France, and since when? It is Paris."));
        Assert.False(PromptLeaks.Repeats(prompt, "What is the capital of France? Paris."));
        Assert.False(PromptLeaks.Repeats("Say hello", "Say hello"));
    }

    [Fact]
    public void A_prompt_gives_an_answer_away_when_all_of_a_longer_one_stands_in_it()
    {
        const string answer = "The bridge was closed because its cables had rusted through.";
        Assert.True(PromptLeaks.Gives($"Text: {answer.ToUpperInvariant()} Why was it closed?", answer));
        Assert.False(PromptLeaks.Gives("Choose: positive, negative or neutral. I like the film very much indeed.", "positive"));
        Assert.False(PromptLeaks.Gives("Why was the bridge closed? Look at its cables, which had rusted.", answer));
    }

    [Fact]
    public void Few_short_answers_are_labels_and_their_balance_is_measured()
    {
        var labels = new LabelCounts();
        for (var i = 0; i < 100; i++) labels.Add(i < 90 ? "yes" : i < 99 ? " no " : "maybe");
        Assert.True(labels.AreLabels);
        Assert.Equal([("yes", 90L), ("no", 9L), ("maybe", 1L)], labels.Table);
        Assert.Equal(-(0.9 * Math.Log(0.9) + 0.09 * Math.Log(0.09) + 0.01 * Math.Log(0.01)) / Math.Log(3), labels.Evenness, 12);
        var prose = new LabelCounts();
        for (var i = 0; i < 100; i++) prose.Add($"An answer of its own: {i}");
        Assert.False(prose.AreLabels);
    }
}
