using Attune.Evaluation;

namespace Attune.Tests.Evaluation;

public sealed class SmallSampleTests
{
    /// <summary>Three values: mean 2, deviation 1, half width 4.303 / √3.</summary>
    [Fact]
    public void The_interval_is_students()
    {
        var sample = SmallSample.Of([1, 2, 3]);
        Assert.Equal((2, 3), (sample.Mean, sample.Count));
        Assert.Equal(2 - 2.4844, sample.Low, 3);
        Assert.Equal(2 + 2.4844, sample.High, 3);
    }

    [Fact]
    public void Equal_values_leave_no_doubt_and_one_value_leaves_all()
    {
        Assert.Equal(new SmallSample(0.5, 0.5, 0.5, 4), SmallSample.Of([0.5, 0.5, 0.5, 0.5]));
        Assert.True(double.IsNaN(SmallSample.Of([7]).Low));
        Assert.Throws<ArgumentException>(() => SmallSample.Of([]));
        Assert.Throws<ArgumentException>(() => SmallSample.Of(new double[SmallSample.Most + 1]));
    }

    /// <summary>Of samples of a normal distribution, 95 % of the intervals hold its mean, whatever their size.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(20)]
    public void Nineteen_of_twenty_intervals_hold_the_true_mean(int count)
    {
        var random = new Random(count);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var held = 0;
        const int trials = 4000;
        for (var i = 0; i < trials; i++)
        {
            var s = SmallSample.Of([.. Enumerable.Range(0, count).Select(_ => Normal())]);
            held += s.Low <= 0 && s.High >= 0 ? 1 : 0;
        }
        Assert.InRange((double)held / trials, 0.935, 0.965);
    }
}
