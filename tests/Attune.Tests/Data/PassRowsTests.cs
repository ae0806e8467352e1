using Attune.Data;

namespace Attune.Tests.Data;

public class PassRowsTests
{
    [Theory]
    [InlineData(2048, 2048, 2048)]
    [InlineData(2047, 2048, 2048)]
    [InlineData(2016, 2048, 2016)]
    [InlineData(1, 2048, 32)]
    [InlineData(20, 24, 24)]
    [InlineData(3, 24, 16)]
    [InlineData(3, 8, 8)]
    public void Tokens_are_filled_up_to_a_small_unit(int tokens, int most, int rows) => Assert.Equal(rows, PassRows.For(tokens, most));

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(61)]
    [InlineData(300)]
    [InlineData(2048)]
    [InlineData(4097)]
    public void The_counts_that_can_come_are_few_and_all_are_named(int most)
    {
        var all = PassRows.All(most).ToArray();
        Assert.Equal(most, all[0]);
        Assert.InRange(all.Length, 1, 65);
        Assert.Equal(Enumerable.Range(1, most).Select(n => PassRows.For(n, most)).Distinct().OrderDescending(), all);
        Assert.All(Enumerable.Range(1, most), n => Assert.InRange(PassRows.For(n, most), n, most));
    }

    [Fact]
    public void More_tokens_than_the_largest_pass_holds_are_refused() => Assert.Throws<ArgumentOutOfRangeException>(static () => PassRows.For(25, 24));
}
