using Attune.Data;
using Attune.Selection;

namespace Attune.Tests.Selection;

public sealed class LossMeasureTests
{
    [Fact]
    public void An_answer_alone_keeps_the_one_token_before_it()
    {
        var row = new Example([1, 2, 3, 4, 5, 6, 7], [false, false, true, true, false, true, true], "f", 1, 0);
        var alone = LossMeasure.AnswersAlone(row, []).ToArray();
        Assert.Equal([2, 3, 4], alone[0].Ids);
        Assert.Equal([5, 6, 7], alone[1].Ids);
        Assert.Equal(2, alone.Length);
        Assert.All(alone, static a => Assert.Equal([false, true, true], a.Trained));
    }

    [Fact]
    public void A_row_that_is_all_answer_is_what_it_was()
    {
        var row = new Example([1, 2, 3], [false, true, true], "f", 1, 0);
        Assert.Equal(row.Ids, Assert.Single(LossMeasure.AnswersAlone(row, [])).Ids);
    }

    [Fact]
    public void What_all_prompts_share_stays_in_front()
    {
        Example Row(params int[] prompt) => new([.. prompt, 90, 91], [.. prompt.Select(static _ => false), true, true], "f", 1, 0);
        IReadOnlyList<SelectionRow> rows = [new(1, [Row(1, 2, 30, 8, 9)]), new(2, [Row(1, 2, 31, 32, 9)]), new(3, [Row(1, 2, 3, 9)])];
        Assert.Equal([1, 2, 9], LossMeasure.Shared(rows));
        var alone = Assert.Single(LossMeasure.AnswersAlone(rows[0].Examples[0], [1, 2, 9]));
        Assert.Equal([1, 2, 9, 90, 91], alone.Ids);
        Assert.Equal([false, false, false, true, true], alone.Trained);
        // The same prompt everywhere is shared once.
        Assert.Equal([4, 5, 6], LossMeasure.Shared([new(1, [Row(4, 5, 6)]), new(2, [Row(4, 5, 6)])]));
        Assert.Equal([], LossMeasure.Shared([new(1, [Row(4, 5)]), new(2, [Row(6, 7)])]));
    }
}
