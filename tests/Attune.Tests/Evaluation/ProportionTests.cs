using Attune.Evaluation;

namespace Attune.Tests.Evaluation;

public class ProportionTests
{
    // Newcombe 1998, table II, method 10, as published: (56 of 70) − (48 of 80), (9 of 10) − (3 of 10), (5 of 56) − (0 of 29), (10 of 10) − (0 of 10).
    [Theory]
    [InlineData(56, 70, 48, 80, 0.0524, 0.3339)]
    [InlineData(9, 10, 3, 10, 0.1705, 0.8090)]
    [InlineData(5, 56, 0, 29, -0.0381, 0.1926)]
    [InlineData(10, 10, 0, 10, 0.6075, 1.0)]
    public void The_interval_of_a_difference_is_the_published_one(int a, int m, int b, int n, double low, double high)
    {
        var interval = Proportion.Difference(a, m, b, n);
        Assert.Equal((low, high), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
    }

    [Fact]
    public void Without_others_it_is_the_interval_of_the_share()
    {
        Assert.Equal(Proportion.Of(3, 20), Proportion.Difference(3, 20, 0, 0));
        Assert.Equal(new Interval(0, 1), Proportion.Of(0, 0));
        Assert.Equal(0, Proportion.Of(0, 9).Low);
        Assert.Equal(1, Proportion.Of(9, 9).High);
    }
}
