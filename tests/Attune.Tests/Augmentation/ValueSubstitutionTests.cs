using Attune.Augmentation;

namespace Attune.Tests.Augmentation;

/// <summary>What an answer copies is replaced by what like answers copy; what else the answer says never follows from it.</summary>
public class ValueSubstitutionTests
{
    private static readonly RuleTexts Boots = Row("Can I send the snow boots of order 48213 back?", "intent: return; order: 48213; item: snow boots\nSend the snow boots back.");
    private static readonly RuleTexts Lamp = Row("I want to return my lamp, 51000", "intent: return; order: 51000; item: lamp\nSend the lamp back.");

    private static readonly RuleTexts[] All =
    [
        Boots, Lamp, Row("Return of a blue chair (47000)", "intent: return; order: 47000; item: blue chair\nSend the blue chair back."),
        Row("The rug came torn", "intent: damaged; item: rug\nWe are sorry."), Row("Where is Linz?", "city: Linz; country: Austria"), Row("Where is Dundee?", "city: Dundee; country: Scotland"),
        Row("Is Graz nice?", "{\"city\": \"Graz\"}"), Row("Is Oslo nice?", "{\"city\": \"Oslo\"}"),
    ];

    [Fact]
    public void Prompt_and_answer_say_the_same_other_thing()
    {
        var made = Enumerable.Range(0, 40).Select(static n => Apply(Boots, n)!).ToArray();
        Assert.Equal(["blue chair", "lamp"], made.Select(static m => m.Answered[0].Split("item: ")[1].Split('\n')[0]).Distinct().Order());
        Assert.All(made, static m =>
        {
            var thing = m.Answered[0].Split("item: ")[1].Split('\n')[0];
            Assert.Equal((Boots.Asked[0].Replace("snow boots", thing, StringComparison.Ordinal), Boots.Answered[0].Replace("snow boots", thing, StringComparison.Ordinal)), (m.Asked[0], m.Answered[0]));
        });
        Assert.Equal(("Is Oslo nice?", "{\"city\": \"Oslo\"}"), (Apply(All[6], 1)!.Asked[0], Apply(All[6], 1)!.Answered[0]));
    }

    /// <summary>The rug's answer is alone in its form, and a country follows from its city.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Nothing_is_replaced_that_the_answer_may_rest_on(int row) => Assert.All(Enumerable.Range(0, 10), n => Assert.Null(Apply(All[row], n)));

    [Fact]
    public void What_stands_in_other_capitals_or_elsewhere_stays()
    {
        Assert.Null(Apply(Row("My Lamp, the lamp of 51000", "intent: return; order: 51000; item: lamp\nSend the lamp back."), 1));
        Assert.Null(Apply(Lamp with { Elsewhere = "stock: lamp" }, 1));
    }

    private static RuleTexts Row(string asked, string answered) => new([asked], [answered], "");

    private static RuleTexts? Apply(RuleTexts row, int n) => new ValueSubstitution().Apply(row, 0.1, new Draw(3, 9, "values", n), new CopiedValues(All));
}
