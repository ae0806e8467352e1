using Attune.Engine;
using Attune.Selection;

namespace Attune.Tests.Selection;

/// <summary>A budget over labels: known answers, and what holds whatever the sizes are.</summary>
public sealed class LabelSharesTests
{
    [Theory]
    [InlineData(10, new[] { 50, 30, 20 }, new[] { 5, 3, 2 })]
    // 4.5, 3.5 and 2: the remainders are equal, the first gets the row.
    [InlineData(10, new[] { 45, 35, 20 }, new[] { 5, 3, 2 })]
    [InlineData(7, new[] { 34, 33, 33 }, new[] { 3, 2, 2 })]
    // The smallest would get 0.1: it has one, which the others pay for.
    [InlineData(10, new[] { 98, 1, 1 }, new[] { 8, 1, 1 })]
    [InlineData(10, new[] { 60, 39, 1 }, new[] { 5, 4, 1 })]
    // Fewer rows than labels: the largest.
    [InlineData(2, new[] { 5, 9, 7 }, new[] { 0, 1, 1 })]
    [InlineData(3, new[] { 5, 9, 7 }, new[] { 1, 1, 1 })]
    [InlineData(100, new[] { 5, 9, 7 }, new[] { 5, 9, 7 })]
    public void Rows_are_spread_as_the_labels_are(int budget, int[] sizes, int[] shares) => Assert.Equal(shares, LabelShares.Of(budget, sizes, sizes));

    [Theory]
    // The second can give four of its five: the fifth goes to the largest remainder, then on in proportion.
    [InlineData(15, new[] { 20, 10 }, new[] { 20, 4 }, new[] { 11, 4 })]
    [InlineData(12, new[] { 40, 20, 20 }, new[] { 40, 1, 20 }, new[] { 7, 1, 4 })]
    [InlineData(6, new[] { 40, 20, 20 }, new[] { 40, 0, 20 }, new[] { 4, 0, 2 })]
    [InlineData(30, new[] { 40, 20, 20 }, new[] { 3, 0, 2 }, new[] { 3, 0, 2 })]
    public void What_a_label_cannot_give_the_others_do(int budget, int[] sizes, int[] most, int[] shares) => Assert.Equal(shares, LabelShares.Of(budget, sizes, most));

    /// <summary>Whatever the sizes: the shares add up to the budget, none is above what there is, none below one, and none of two labels of the same size differs by more than a row.</summary>
    [Fact]
    public void Shares_add_up_and_stay_within_their_bounds()
    {
        var key = RandomKey.OfSeed(11);
        for (var n = 0; n < 500; n++)
        {
            var (draw, count) = (key.At(n), 1 + key.At(n).Below(40, 0));
            int[] sizes = [.. Enumerable.Range(1, count).Select(i => 1 + (int)Math.Exp(draw.Uniform(i) * 7))];
            int[] most = [.. sizes.Select((s, i) => draw.Uniform(100 + i) < 0.7 ? s : draw.Below(s + 1, 200 + i))];
            var budget = 1 + draw.Below(sizes.Sum() + 5, 300);
            var shares = LabelShares.Of(budget, sizes, most);
            Assert.Equal(Math.Min(budget, most.Sum()), shares.Sum());
            Assert.All(shares.Zip(most), static s => Assert.InRange(s.First, 0, s.Second));
            if (budget >= most.Count(static m => m > 0))
                Assert.All(shares.Zip(most), static s => Assert.InRange(s.First, Math.Min(1, s.Second), s.Second));
            // Where no bound holds it back, a share is within a row of λ · size: two of them differ as their sizes do.
            var free = Enumerable.Range(0, count).Where(l => shares[l] > 1 && shares[l] < most[l]).ToArray();
            Assert.All(free, a => Assert.All(free, b => Assert.True(sizes[a] < sizes[b] || shares[a] >= shares[b] - 1)));
            if (free.Length > 0 && budget < most.Sum())
            {
                var (low, high) = (free.Max(l => (shares[l] - 1.0) / sizes[l]), free.Min(l => (shares[l] + 1.0) / sizes[l]));
                Assert.True(low < high, $"no factor gives these shares: {string.Join(' ', shares)} of {string.Join(' ', sizes)}");
            }
        }
    }

    [Fact]
    public void Tokens_go_to_the_label_that_has_least_of_its_own()
    {
        // 30 and 10 tokens: three rows of the first for each of the second; what does not fit ends a label, not the choice.
        Assert.Equal([3, 1], LabelShares.OfTokens(20, [[5, 5, 5, 5, 5, 5], [5, 5]], [30, 10]));
        Assert.Equal([1, 1, 1], LabelShares.OfTokens(15, [[5, 5], [5, 5], [5, 5]], [10, 10, 10]));
        Assert.Equal([0, 2], LabelShares.OfTokens(9, [[10], [4, 4, 4]], [10, 12]));
        var key = RandomKey.OfSeed(12);
        for (var n = 0; n < 200; n++)
        {
            var draw = key.At(n);
            int[][] labels = [.. Enumerable.Range(0, 1 + draw.Below(9, 0)).Select(l => Enumerable.Range(0, 1 + draw.Below(30, l + 1)).Select(i => 1 + draw.Below(40, 100 * l + i)).ToArray())];
            var budget = 1 + draw.Below(labels.Sum(static l => l.Sum()), 9);
            var kept = LabelShares.OfTokens(budget, labels, [.. labels.Select(static l => (long)l.Sum())]);
            Assert.InRange(labels.Zip(kept, static (l, k) => l.Take(k).Sum()).Sum(), 0, budget);
            // No next row would fit: the budget is used up.
            var left = budget - labels.Zip(kept, static (l, k) => l.Take(k).Sum()).Sum();
            Assert.All(labels.Zip(kept), l => Assert.True(l.Second == l.First.Length || l.First[l.Second] > left));
        }
    }
}
