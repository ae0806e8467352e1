using Attune.Data;
using Attune.Selection;
using Attune.Tests.Formats;

namespace Attune.Tests.Selection;

/// <summary>What another selector is left to choose from, by losses that are given.</summary>
public sealed class SuspicionSelectorTests : IDisposable
{
    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    /// <summary>The loss is that of a token: a long answer is no more suspect than a short one. What the other selector leaves out is said too.</summary>
    [Fact]
    public void Rows_of_the_highest_loss_a_token_are_left_out_and_the_others_keep_their_numbers()
    {
        double[][] sums = [[9, 10], [3, 1], [20, 100], [5, 2], [4, 4], [1, 2]];
        SelectionRow[] rows = [.. Enumerable.Range(0, 6).Select(static i => new SelectionRow(i + 1, [new Example([1, 2, i], [false, false, true], "rows.jsonl", i + 1, (ulong)i)]))];
        using var log = ScoreLog.Open(temp.File("scores.jsonl"), [], rows, new ScoreShape([2], -1, 0));
        log.Append([.. sums.Select(static s => new Measured(s))]);
        var ranking = new SuspicionSelector(new Backwards(), 0.4).Rank(new SelectionInput(rows, new ScoreView(log), new SelectorOptions { LossPass = 0 }));
        // 0.9, 3, 0.2, 2.5, 1 and 0.5: the second and the fourth go.
        Assert.Equal([5, 4, 2, 0], ranking.Order);
        Assert.Equal([0, 1, 2, 3, 4, 5], ranking.Scores!);
        Assert.Equal([(2, true), (1, false)], ranking.LeftOut.Select(static l => (l.Rows, l.Why.Contains("--suspect", StringComparison.Ordinal))));
    }

    private sealed class Backwards : Selector
    {
        public override string Name => "backwards";

        public override string Summary => "the last rows first";

        public override Ranking Rank(SelectionInput input) => new(Enumerable.Range(0, input.Rows.Count).Reverse())
        {
            Scores = [.. input.Rows.Select(static (_, i) => (double)i)],
            LeftOut = [new(1, "odd")],
        };
    }
}
