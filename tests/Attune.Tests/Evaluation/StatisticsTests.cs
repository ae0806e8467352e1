using Attune.Engine;
using Attune.Evaluation;

namespace Attune.Tests.Evaluation;

/// <summary>Intervals and tests by random draws: what theory says of them where it says something.</summary>
public class StatisticsTests
{
    private static MeanScores Scores(int rows, long seed, double shift) =>
        new(Enumerable.Range(0, rows).Select(i => RandomKey.OfSeed(seed).Normal(i) + shift));

    /// <summary>The interval of a mean is about mean ± 1.96 standard errors.</summary>
    [Fact]
    public void An_interval_is_what_the_normal_distribution_makes_it()
    {
        const int rows = 400;
        var values = Enumerable.Range(0, rows).Select(static i => RandomKey.OfSeed(3).Normal(i)).ToArray();
        var (mean, error) = (values.Average(), Math.Sqrt(values.Select(v => Math.Pow(v - values.Average(), 2)).Sum() / rows / rows));
        var interval = Bootstrap.Of(new MeanScores(values));
        Assert.Equal(mean - 1.96 * error, interval.Low, 0.15 * error);
        Assert.Equal(mean + 1.96 * error, interval.High, 0.15 * error);
        // Against a constant, the difference has the same interval.
        var difference = Bootstrap.Difference(new MeanScores(new double[rows]), new MeanScores(values));
        Assert.Equal(interval, difference);
    }

    /// <summary>Rows are drawn in pairs: what both have in common does not widen the interval of the difference.</summary>
    [Fact]
    public void Pairs_stay_together()
    {
        var before = Enumerable.Range(0, 50).Select(static i => (double)i * i).ToArray();
        var interval = Bootstrap.Difference(new MeanScores(before), new MeanScores(before.Select(static b => b + 0.5)));
        Assert.Equal(0.5, interval.Low, 9);
        Assert.Equal(0.5, interval.High, 9);
    }

    [Fact]
    public void Sums_are_weighed_and_nothing_is_made_of_no_rows()
    {
        var scores = new MeanScores([1, 9], [1, 3]);
        Assert.Equal(2.5, scores.Value);
        Assert.Equal(new Interval(0, 0), Bootstrap.Of(new MeanScores(Array.Empty<double>())));
        Assert.Equal(1, PairedTest.Permutation(new MeanScores(Array.Empty<double>()), new MeanScores(Array.Empty<double>())));
        Assert.Equal(0, new MeanScores(Array.Empty<double>()).Value);
        Assert.Throws<ArgumentException>(() => Bootstrap.Difference(scores, new MeanScores([1])));
        Assert.Throws<ArgumentException>(() => PairedTest.Permutation(scores, new MeanScores([1])));
    }

    [Fact]
    public void The_same_seed_draws_the_same()
    {
        var (before, after) = (Scores(40, 1, 0), Scores(40, 2, 0.4));
        Assert.Equal(Bootstrap.Difference(before, after), Bootstrap.Difference(before, after));
        Assert.NotEqual(Bootstrap.Difference(before, after), Bootstrap.Difference(before, after, seed: 2));
        Assert.Equal(PairedTest.Of(before, after), PairedTest.Of(before, after));
    }

    /// <summary>Where nothing changed, p is below 5 % in about 5 % of experiments; where much did, in nearly all.</summary>
    [Fact]
    public void The_permutation_test_keeps_its_level_and_has_power()
    {
        int Small(double shift) => Enumerable.Range(0, 60).Count(e => PairedTest.Permutation(Scores(30, 100 + e, 0), Scores(30, 500 + e, shift)) < 0.05);
        Assert.InRange(Small(0), 0, 8);
        Assert.InRange(Small(1.2), 54, 60);
    }

    /// <summary>p can never be 0: what was seen is one of the ways. And a difference that is not a number proves nothing.</summary>
    [Fact]
    public void Limits_of_p()
    {
        Assert.Equal(1.0 / (PairedTest.Draws + 1), PairedTest.Permutation(new MeanScores(new double[40]), new MeanScores(Enumerable.Repeat(1.0, 40))), 12);
        Assert.Equal(1, PairedTest.Permutation(new MeanScores(new double[40]), new MeanScores(Enumerable.Repeat(double.NaN, 40))));
        Assert.Equal(1, PairedTest.Permutation(new MeanScores([0]), new MeanScores([1])));
        Assert.Equal("McNemar", PairedTest.Of(new MeanScores([true]), new MeanScores([false])).Name);
    }
}
