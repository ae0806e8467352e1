using Attune.Data;
using Attune.Engine.Backends;
using Attune.Objectives;

namespace Attune.Tests.Objectives;

public class PassInputTests
{
    private static readonly Example[] Examples =
    [
        new([5, 6, 7, 8], [false, false, true, true], "rows.jsonl", 1, 0),
        new([9, 10, 11], [false, true, true], "rows.jsonl", 2, 1),
    ];

    [Fact]
    public void Rows_behind_the_batch_are_sequences_of_their_own_that_nothing_is_learned_from()
    {
        var input = new PassInput(Batch.Of(Examples, [1, 0], [3, 0]), 8);
        Assert.Equal([9, 10, 5, 6, 7, 0, 0, 0], input.Ids);
        Assert.Equal([2, 3, 1, 1, 1], input.Lengths);
        Assert.Equal([0, 1, 0, 1, 2, 0, 0, 0], input.Positions);
        Assert.Equal([3, 4, 0, 1, 2], input.RowNumbers[..5]);
        Assert.Equal([0, 1, 3, 4], input.TrainedRows);
        Assert.Equal([10, 11, 7, 8], input.Targets);
        Assert.Equal([1, 1, 1, 1], input.Weights);
        Assert.Equal(8, input.Pass.Plan.QueryRows);
        Assert.Equal(new AttentionSpan(2, 3, 2, 3), input.Pass.Plan.Spans[1]);
    }

    [Fact]
    public void A_batch_larger_than_the_pass_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(static () => new PassInput(Batch.Of(Examples, [0, 1]), 4));
}
