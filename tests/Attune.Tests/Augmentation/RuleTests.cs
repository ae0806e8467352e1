using Attune.Augmentation;

namespace Attune.Tests.Augmentation;

/// <summary>What rules change, what they must leave, and that a draw decides it alone.</summary>
public class RuleTests
{
    private const string Prompt = "Hello, I want to quickly cancel the big order 48213 that Anna made, not the parcel with \"blue shoes\" please.";
    private static readonly RuleTexts Row = new([Prompt], ["intent: cancel_order; order: 48213; item: shoes, parcel"], "");

    [Theory]
    [InlineData("synonyms")]
    [InlineData("swaps")]
    [InlineData("deletions")]
    [InlineData("typos")]
    [InlineData("casing")]
    public void A_rule_changes_the_prompt_alone_and_leaves_what_the_answer_rests_on(string name)
    {
        for (var n = 0; n < 60; n++)
        {
            // Two swaps may undo one another; then there is no row.
            if (Apply(name, Row, 0.2, n) is not { } made)
            {
                Assert.Equal("swaps", name);
                continue;
            }
            Assert.NotEqual(Prompt, made.Asked[0]);
            Assert.Equal(Row.Answered, made.Answered);
            // A number, what the answer quotes, a quotation and what turns the sense stay, and in their order.
            Assert.Matches("48213.*(?i:not).*parcel.*\"(?i:blue) shoes\"", made.Asked[0]);
            if (name != "casing")
                Assert.Contains("Anna", made.Asked[0]);
            Assert.Equal(made.Asked, Apply(name, Row, 0.2, n)!.Asked);
        }
        Assert.True(Enumerable.Range(0, 60).Select(n => Apply(name, Row, 0.2, n)?.Asked[0]).Distinct().Count() >= 3);
    }

    [Theory]
    [InlineData("synonyms", "48213")]
    [InlineData("swaps", "Anna 48213")]
    [InlineData("deletions", "order")]
    [InlineData("typos", "a cat sat")]
    [InlineData("casing", "48213 !")]
    [InlineData("numbers", "I have 3 of 5 apples")]
    [InlineData("names", "Who is Michael?")]
    public void Where_there_is_nothing_to_change_nothing_is(string name, string prompt) => Assert.Null(Apply(name, new RuleTexts([prompt], ["x"], ""), 0.1, 0));

    /// <summary>n = α · words, at least one: the paper's.</summary>
    [Theory]
    [InlineData(0.05, 1)]
    [InlineData(0.1, 2)]
    [InlineData(0.3, 6)]
    public void Alpha_is_the_part_of_the_words(double alpha, int expected)
    {
        var prompt = string.Join(' ', Enumerable.Repeat("quickly", 20));
        Assert.Equal(expected, Apply("synonyms", new RuleTexts([prompt], ["x"], ""), alpha, 1)!.Asked[0].Split(' ').Count(static w => w != "quickly"));
        Assert.Equal(expected, Apply("typos", new RuleTexts([prompt], ["x"], ""), alpha, 1)!.Asked[0].Split(' ').Count(static w => w != "quickly"));
    }

    [Fact]
    public void Each_word_is_deleted_with_probability_alpha()
    {
        var prompt = string.Join(' ', Enumerable.Range(0, 200).Select(static i => $"w{(char)('a' + i % 26)}{(char)('a' + i / 26)}"));
        var gone = Enumerable.Range(0, 50).Sum(n => 200 - Apply("deletions", new RuleTexts([prompt], ["x"], ""), 0.1, n)!.Asked[0].Split(' ').Length);
        // Ten thousand draws: five standard deviations are 150.
        Assert.InRange(gone, 850, 1150);
    }

    [Fact]
    public void Sentences_keep_their_capitals_and_ends()
    {
        for (var n = 0; n < 40; n++)
        {
            var swapped = Apply("swaps", new RuleTexts(["Can you help me with this thing?"], ["x"], ""), 0.3, n)?.Asked[0] ?? "Can?";
            Assert.True(char.IsUpper(swapped[0]) && swapped[^1] == '?', swapped);
            var deleted = Apply("deletions", new RuleTexts(["Can you help me? This is urgent.\n"], ["x"], ""), 0.3, n)!.Asked[0];
            Assert.True(char.IsUpper(deleted[0]) && deleted.EndsWith('\n'), deleted);
        }
    }

    [Fact]
    public void Words_joined_again_are_the_text()
    {
        foreach (var text in (string[])[Prompt, "", "  a\n b ", "?! …", "I'd like\t(really) to \"say so\".", "ünïcode – wörter"])
            Assert.Equal(text, PromptWords.Join(PromptWords.Of(text, new HashSet<string>())));
    }

    [Fact]
    public void Typing_errors_are_one_letter_away()
    {
        string[] words = ["delivered", "address", "password"];
        for (var n = 0; n < 200; n++)
        {
            var word = words[n % 3];
            var wrong = Apply("typos", new RuleTexts([word], ["x"], ""), 1, n)!.Asked[0];
            Assert.InRange(wrong.Length, word.Length - 1, word.Length + 1);
            Assert.Equal(word[0], wrong[0]);
            Assert.True(word.Except(wrong).Count() <= 1, wrong);
        }
    }

    internal static RuleTexts? Apply(string name, RuleTexts row, double alpha, int n) => Augmenters.Table.Single(a => a.Name == name).Rule!.Apply(row, alpha, new Draw(5, 17, name, n), new CopiedValues([]));
}
