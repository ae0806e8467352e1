using Attune.Quality.Detectors;

namespace Attune.Tests.Quality.Detectors;

public class AnswerEndsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("", true)]
    [InlineData(" \n", true)]
    [InlineData("...", true)]
    [InlineData("-", true)]
    [InlineData("7", false)]
    [InlineData("👍", false)]
    [InlineData("+", false)]
    [InlineData("é", false)]
    public void Empty_is_what_holds_no_letter_digit_or_symbol(string answer, bool empty) => Assert.Equal(empty, AnswerEnds.IsEmpty(answer));

    [Fact]
    public void Programs_write_fillers_and_people_write_words()
    {
        Assert.All(["null", " N/A ", "NaN", "<nooutput>"], a => Assert.True(AnswerEnds.IsFiller(a)));
        Assert.All(["None", "nothing", "no", "A null pointer"], a => Assert.False(AnswerEnds.IsFiller(a)));
    }

    [Theory]
    [InlineData("Here:\n```python\nprint(1)", "a code block")]
    [InlineData("{\"name\": \"x\", \"items\": [1, 2", "JSON")]
    [InlineData("{\"name\": \"x\", \"te", "JSON")]
    [InlineData("It is one of the oldest houses in the town and was built by the", "a sentence")]
    [InlineData("It is one of the oldest houses in the town, with walls of stone,", "a sentence")]
    public void A_cut_shows_where_something_stays_open(string answer, string where) => Assert.Equal(where, AnswerEnds.CutIn(answer));

    [Theory]
    [InlineData("```\ncode\n```")]
    [InlineData("Use ``` for blocks.")]
    [InlineData("{\"a\": 1}")]
    [InlineData("[1] The study says so")]
    [InlineData("{x | x > 1")]
    [InlineData("the")]
    [InlineData("- milk\n- eggs\n- bread and butter for the whole family this week")]
    [InlineData("Choose the answer that comes closest to the following vitamin: a")]
    public void A_whole_answer_is_not_cut(string answer) => Assert.Null(AnswerEnds.CutIn(answer));

    [Fact]
    public void Planted_cuts_are_found_by_form_or_by_their_missing_end()
    {
        string[] sentences =
        [
            "The bridge was closed in autumn because its cables had rusted through, and it will not be opened before next summer.", "You can change the address under settings, where the old one is shown beside the new one.",
            "She asked whether the library would stay open on Sundays, since many students have no other place to read.", "Mix flour and water, let the dough rest for an hour, and bake it until the crust sounds hollow.",
        ];
        var made = new MadeText(11);
        var score = new Planted();
        for (var i = 0; i < 2000; i++)
        {
            var whole = $"{made.One(sentences)} {made.One(sentences)}{made.One("", " (See the appendix.)", "\n- one\n- two", "\n\nTotal: 12", "\nhttps://site.org/page", " “So it is.”", "  - one thing  - and another of a longer kind", "\nSee also the guide to bridges, gates and other old things of the town")}";
            var both = $"{made.One(sentences)} {made.One(sentences)}";
            var cut = both[..(both.Length / 2 + 5 + made.Next(both.Length / 2 - 10))];
            score.Add(false, Said(whole));
            score.Add(true, Said(cut));
        }
        output.WriteLine(score.ToString());
        Assert.True(score.Precision >= 0.99 && score.Recall >= 0.9, score.ToString());

        static bool Said(string answer) => AnswerEnds.CutIn(answer) is not null || AnswerEnds.IsProse(answer) && AnswerEnds.IsOpen(answer);
    }
}
