using System.Text.RegularExpressions;
using Attune.Augmentation;

namespace Attune.Tests.Augmentation;

/// <summary>Numbers and names give way to others on both sides alike, or stay: labels stay true.</summary>
public partial class SubstitutionTests
{
    [Theory]
    [InlineData("numbers", "Where is order 48213?", "intent: where; order: 48213\nOrder 48213 is on its way.", "48213")]
    [InlineData("numbers", "My ticket AB-48213 and AB-48213 again", "ticket: 48213", "48213")]
    [InlineData("numbers", "The code KX7741 does not work", "code: KX7741", "KX7741")]
    [InlineData("numbers", "Please close account no. 1234567.", "intent: close", "1234567")]
    [InlineData("numbers", "Cancel order #4821 please", "intent: cancel", "4821")]
    [InlineData("names", "My name is Anna and I need help.", "customer: Anna", "Anna")]
    [InlineData("names", "Close it please. Regards, David", "intent: close", "David")]
    [InlineData("names", "Emma here, where is it?", "name: Emma", "Emma")]
    public void What_only_names_something_is_replaced_wherever_it_stands(string rule, string prompt, string answer, string old)
    {
        var seen = new HashSet<string>();
        for (var n = 0; n < 30; n++)
        {
            var made = RuleTests.Apply(rule, new RuleTexts([prompt], [answer], ""), 0.1, n)!;
            var pattern = "^" + Regex.Escape(prompt).Replace(old, "(?<x>[A-Za-z0-9]+)", StringComparison.Ordinal) + "$";
            var other = Regex.Match(made.Asked[0], pattern).Groups["x"].Value;
            Assert.NotEqual("", other);
            Assert.NotEqual(old, other);
            Assert.Equal((prompt.Replace(old, other, StringComparison.Ordinal), answer.Replace(old, other, StringComparison.Ordinal)), (made.Asked[0], made.Answered[0]));
            if (rule == "numbers")
                Assert.Equal(Digits().Replace(old, "0"), Digits().Replace(other, "0"));
            seen.Add(other);
        }
        Assert.True(seen.Count > 10);
    }

    /// <summary>Planted: in each of these another number or name would make the answer false, or may.</summary>
    [Theory]
    [InlineData("numbers", "What is 48213 + 11111?", "59324")]
    [InlineData("numbers", "I have 48213 and get 11111 more", "Then you have 59324.")]
    [InlineData("numbers", "Which is larger, 48213 or 51111?", "51111")]
    [InlineData("numbers", "Is 48213 prime?", "no")]
    [InlineData("numbers", "How many digits has 48213?", "five")]
    [InlineData("numbers", "I paid $48213 for it", "amount: 48213")]
    [InlineData("numbers", "I paid 48213 euros for it", "amount: 48213")]
    [InlineData("numbers", "I paid 48213.50 for it", "amount: 48213")]
    [InlineData("numbers", "What happened on 2024-01-15?", "2024-01-15")]
    [InlineData("numbers", "Who won in 1998?", "In 1998 it was France.")]
    [InlineData("numbers", "How far is 40000 km?", "40000 km")]
    [InlineData("numbers", "The card 4111111111111111 is mine", "card: 4111111111111111")]
    [InlineData("numbers", "Seven times 48213 is on the list", "intent: other")]
    [InlineData("numbers", "The parcel of order 48213 came", "It came 3 days late.")]
    [InlineData("names", "Who is Michael Jackson?", "Michael Jackson was a singer.")]
    [InlineData("names", "What did Anna Karenina do?", "She left.")]
    [InlineData("names", "My name is Anna.", "ANNA")]
    [InlineData("names", "My name is Anna, anna@example.org", "customer: anna@example.org")]
    public void What_an_answer_may_rest_on_stays(string rule, string prompt, string answer)
    {
        for (var n = 0; n < 10; n++)
            Assert.Null(RuleTests.Apply(rule, new RuleTexts([prompt], [answer], ""), 0.1, n));
    }

    [Fact]
    public void What_a_system_message_or_a_tool_says_too_stays() =>
        Assert.Null(RuleTests.Apply("numbers", new RuleTexts(["Where is order 48213?"], ["order: 48213"], "open orders: 48213"), 0.1, 0));

    [Fact]
    public void Two_numbers_stay_two_and_turns_stay_together()
    {
        for (var n = 0; n < 30; n++)
        {
            var made = RuleTests.Apply("numbers", new RuleTexts(["order 48213 or order 48214?", "so order 48213"], ["48213 or 48214", "48213"], ""), 0.1, n)!;
            var numbers = Regex.Matches(made.Asked[0], "[0-9]+").Select(static m => m.Value).ToArray();
            Assert.Equal(2, numbers.Distinct().Count());
            Assert.Equal([$"order {numbers[0]} or order {numbers[1]}?", $"so order {numbers[0]}"], made.Asked);
            Assert.Equal([$"{numbers[0]} or {numbers[1]}", numbers[0]], made.Answered);
        }
    }

    [GeneratedRegex("[0-9]")]
    private static partial Regex Digits();
}
