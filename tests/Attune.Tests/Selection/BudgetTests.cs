using Attune.Data;
using Attune.Problems;
using Attune.Selection;

namespace Attune.Tests.Selection;

public sealed class BudgetTests
{
    private static IReadOnlyList<SelectionRow> Rows(params int[] tokens) =>
        SelectionRow.Of(tokens.Select(static (n, i) => new Example(new int[n], [false, .. Enumerable.Repeat(true, n - 1)], "rows.jsonl", i + 1, (ulong)i)));

    [Theory]
    [InlineData("2", new[] { 3, 1 })]
    [InlineData("50%", new[] { 3, 1 })]
    [InlineData("37.5%", new[] { 3, 1 })]
    [InlineData("0.1%", new[] { 3 })]
    [InlineData("100%", new[] { 3, 1, 0, 2 })]
    [InlineData("9t", new[] { 3, 1 })]
    [InlineData("11t", new[] { 3, 1 })]
    [InlineData("12t", new[] { 3, 1, 0 })]
    public void The_first_of_an_order_are_kept_as_far_as_the_budget_goes(string text, int[] kept) =>
        Assert.Equal(kept, Budget.Parse(text).Take([3, 1, 0, 2], Rows(3, 4, 2, 5)));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("101%")]
    [InlineData("0%")]
    [InlineData("3.5")]
    [InlineData("many")]
    [InlineData("1e3")]
    [InlineData("NaN%")]
    public void What_is_no_budget_is_refused(string text) => Assert.Contains("30%", Assert.Throws<UserErrorException>(() => Budget.Parse(text)).Message);

    [Theory]
    [InlineData("5", "only 4 rows")]
    [InlineData("15t", "only 14 tokens")]
    [InlineData("1t", "the shortest has 2 tokens")]
    public void More_than_there_is_and_less_than_a_row_are_refused(string text, string message) =>
        Assert.Contains(message, Assert.Throws<UserErrorException>(() => Budget.Parse(text).Require(Rows(3, 4, 2, 5))).Message);

    /// <summary>An order is not computed further than it is needed.</summary>
    [Fact]
    public void An_order_is_read_as_far_as_needed()
    {
        var read = 0;
        IEnumerable<int> Order()
        {
            for (; ; read++)
                yield return read;
        }
        Assert.Equal(2, Budget.Parse("2").Take(Order(), Rows(3, 4, 2, 5)).Count);
        Assert.InRange(read, 0, 2);
    }
}
