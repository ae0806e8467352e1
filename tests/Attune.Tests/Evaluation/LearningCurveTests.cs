using Attune.Engine;
using Attune.Evaluation;

namespace Attune.Tests.Evaluation;

public class LearningCurveTests
{
    private static readonly double[] Parts = [0.125, 0.25, 0.5, 1];

    [Theory]
    [InlineData(0.5, 0.3, 0.5)]
    [InlineData(0, 1.2, 0.2)]
    [InlineData(1.1, 0.05, 1.5)]
    public void Runs_without_spread_give_back_the_curve(double a, double b, double c)
    {
        var curve = LearningCurve.Fit([.. Parts.SelectMany(p => Enumerable.Repeat(new CurveSample(800 * p, a + b * Math.Pow(p, -c)), 2))]);
        Assert.Equal(a, curve.A, 0.03 * (a + b));
        Assert.Equal(b, curve.B, 0.03 * (a + b));
        Assert.Equal(c, curve.C, 0.02 * c + 0.02);
        Assert.Equal(a + b, curve.At(800), 2e-3);
        Assert.Equal(a + b * Math.Pow(2, -c), curve.At(1600), 5e-3);
        Assert.InRange(a + b, curve.Mean(800).Interval.Low - 2e-3, curve.Mean(800).Interval.High + 2e-3);
    }

    /// <summary>Of 200 made curves with three runs a size, about 95 % of the intervals hold what was planted.</summary>
    [Fact]
    public void Intervals_hold_what_was_planted_about_as_often_as_they_say()
    {
        const int curves = 200, seeds = 3;
        var key = RandomKey.OfSeed(11).For("curves");
        long at = 0;
        double Draw() => key.Uniform(at++);
        double Normal() => key.Normal(at++);
        int floor = 0, slope = 0, exponent = 0, doubled = 0, gain = 0, heldBack = 0;
        for (var i = 0; i < curves; i++)
        {
            double a = 0.1 + Draw(), b = 0.05 + 0.5 * Draw(), c = 0.15 + 0.85 * Draw(), noise = 0.005 + 0.02 * Draw();
            double True(double part) => a + b * Math.Pow(part, -c);
            CurveSample[] runs = [.. Parts.SelectMany(p => Enumerable.Range(0, seeds).Select(_ => new CurveSample(1000 * p, True(p) * (1 + noise * Normal()))))];
            var curve = LearningCurve.Fit(runs);
            floor += Holds(curve.Floor, a);
            slope += Holds(curve.Reducible, b);
            exponent += Holds(curve.Exponent, c);
            doubled += Holds(curve.Mean(2000), True(2));
            gain += Holds(curve.Gain(1000, 2000), True(1) - True(2));
            var smaller = LearningCurve.Fit([.. runs.Where(static r => r.Rows < 1000)]);
            heldBack += Holds(smaller.Predict(1000, seeds), runs.Where(static r => r.Rows == 1000).Average(static r => r.Error));
        }
        var all = (floor, slope, exponent, doubled, gain, heldBack);
        Assert.All([floor, slope, exponent, doubled, gain, heldBack], n => Assert.True(n is >= 182 and <= 200, $"{all} of 200"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{all}");

        static int Holds(Estimate e, double truth) => truth >= e.Interval.Low - 1e-12 && truth <= e.Interval.High + 1e-12 ? 1 : 0;
    }

    [Fact]
    public void A_linear_model_s_interval_comes_out_for_the_mean_of_one_size()
    {
        // Three sizes with a flat curve: the interval of the level is Student's of the weighted mean, widened by what b may add.
        CurveSample[] runs = [new(100, 1.01), new(100, 0.99), new(200, 1.0), new(200, 1.02), new(400, 0.98), new(400, 1.0)];
        var curve = LearningCurve.Fit(runs);
        var half = SmallSample.Quantile(3) * curve.Deviation * curve.At(400) / Math.Sqrt(6);
        Assert.True(curve.Mean(400).Interval.High - curve.At(400) >= 0.9 * half);
        Assert.Equal(0, curve.Gain(400, 800).Interval.Low);
    }

    [Fact]
    public void As_many_runs_as_parameters_have_no_interval()
    {
        var curve = LearningCurve.Fit([new(100, 3), new(200, 2), new(400, 1.5)]);
        Assert.Equal(0, curve.Gain(400, 800).Interval.Low);
        Assert.True(double.IsPositiveInfinity(curve.Gain(400, 800).Interval.High));
    }

    [Fact]
    public void Errors_of_zero_are_no_trouble()
    {
        var curve = LearningCurve.Fit([new(100, 0.2), new(200, 0.05), new(400, 0), new(400, 0)]);
        Assert.InRange(curve.At(400), 0, 0.02);
        Assert.True(double.IsFinite(curve.Mean(800).Interval.High));
        Assert.Equal(0, LearningCurve.Fit([new(1, 0), new(2, 0), new(3, 0), new(4, 0)]).At(8));
    }

    [Theory]
    [InlineData(100, -1)]
    [InlineData(0, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(300, 1)]
    public void What_is_no_curve_is_refused(double rows, double error) =>
        Assert.Throws<ArgumentException>(() => LearningCurve.Fit([new(300, 1), new(400, 1), new(rows, error)]));
}
