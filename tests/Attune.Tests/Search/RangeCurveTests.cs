using System.Globalization;
using Attune.Engine;
using Attune.Search;

namespace Attune.Tests.Search;

/// <summary>What is read from curves whose shape is known.</summary>
public class RangeCurveTests
{
    // 25 steps to a power of ten, from 1e-6 on: a plateau at 4, a fall around 1e-4 (a logistic, steepest there), a rise behind 1e-3.
    private static RangeCurve Curve(double noise = 0, double rise = 1e-2)
    {
        var draws = RandomKey.OfSeed(3);
        return new([.. Enumerable.Range(0, 126).Select(i =>
        {
            var rate = 1e-6 * Math.Pow(10, i / 25.0);
            var fall = 3 / (1 + Math.Exp(-4 * Math.Log10(rate / 1e-4)));
            return new RangePoint(rate, 4 - fall + rate / rise + noise * draws.Normal(i));
        })]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    public void Half_of_the_lowest_points_rate_is_suggested(double noise)
    {
        var curve = Curve(noise);
        Assert.InRange(curve.Points[curve.SteepestAt!.Value].Rate, 0.6e-4, 1.7e-4);
        var lowest = curve.Points[curve.LowestAt!.Value].Rate;
        Assert.InRange(lowest, 5e-4, 3e-3);
        Assert.InRange(curve.Suggestion!.Value, 0.48 * lowest, 0.52 * lowest);
        Assert.Equal(double.Parse(curve.Suggestion.Value.ToString("E1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture), curve.Suggestion.Value);
        Assert.InRange(curve.Points[curve.DivergesAt!.Value].Rate, 0.9e-2, 3e-2);
    }

    [Fact]
    public void A_range_that_ends_before_the_loss_rises_has_no_divergence()
    {
        var curve = Curve(rise: 1e6);
        Assert.Null(curve.DivergesAt);
        Assert.InRange(curve.Points[curve.SteepestAt!.Value].Rate, 0.8e-4, 1.2e-4);
        Assert.InRange(curve.Suggestion!.Value, curve.Points[^1].Rate / 4, curve.Points[^1].Rate / 1.9);
        Assert.True(curve.FallsToItsEnd);
        Assert.False(Curve().FallsToItsEnd);
    }

    [Fact]
    public void Noise_and_a_rise_alone_suggest_nothing()
    {
        var draws = RandomKey.OfSeed(5);
        Assert.Null(new RangeCurve([.. Enumerable.Range(0, 100).Select(i => new RangePoint(Math.Pow(10, -5 + i / 25.0), 4 + 0.2 * draws.Normal(i)))]).Suggestion);
        Assert.Null(new RangeCurve([.. Enumerable.Range(0, 100).Select(static i => new RangePoint(Math.Pow(10, -5 + i / 25.0), 4 + i * 0.1))]).Suggestion);
    }

    [Fact]
    public void What_is_behind_the_divergence_reaches_no_further_back_than_the_smoothing()
    {
        RangePoint[] points = [.. Curve().Points.Take(100), .. Enumerable.Range(0, 5).Select(static i => new RangePoint(0.01 + i, i == 4 ? double.NaN : 1e30))];
        var curve = new RangeCurve(points);
        Assert.Equal(Curve().Suggestion!.Value, curve.Suggestion!.Value, 1e-5);
        Assert.All(curve.Smoothed, static s => Assert.True(double.IsFinite(s)));
    }
}
