using Attune.Training;

namespace Attune.Tests.Training;

public class LearningRateTests
{
    [Theory]
    [InlineData(LearningRateShape.Linear, 0, 0.25)]
    [InlineData(LearningRateShape.Linear, 3, 1)]
    [InlineData(LearningRateShape.Linear, 4, 1)]
    [InlineData(LearningRateShape.Linear, 9, 0.5)]
    [InlineData(LearningRateShape.Linear, 13, 0.1)]
    [InlineData(LearningRateShape.Linear, 14, 0)]
    [InlineData(LearningRateShape.Linear, 20, 0)]
    [InlineData(LearningRateShape.Cosine, 1, 0.5)]
    [InlineData(LearningRateShape.Cosine, 4, 1)]
    [InlineData(LearningRateShape.Cosine, 9, 0.5)]
    [InlineData(LearningRateShape.Cosine, 14, 0)]
    [InlineData(LearningRateShape.Constant, 0, 0.25)]
    [InlineData(LearningRateShape.Constant, 13, 1)]
    public void Warm_up_of_4_in_14_steps(LearningRateShape shape, int step, double expected) =>
        Assert.Equal(2e-4 * expected, new LearningRate(2e-4, shape, 4, 14).At(step), 1e-15);

    [Fact]
    public void A_cosine_is_above_the_line_before_its_middle_and_below_it_after()
    {
        var (line, cosine) = (new LearningRate(1, LearningRateShape.Linear, 0, 100), new LearningRate(1, LearningRateShape.Cosine, 0, 100));
        Assert.True(cosine.At(25) > line.At(25));
        Assert.True(cosine.At(75) < line.At(75));
        Assert.Equal(0.5 * (1 + Math.Cos(Math.PI / 4)), cosine.At(25), 1e-12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_warm_up_as_long_as_the_run_does_not_divide_by_zero(int warmup) =>
        Assert.Equal(1, new LearningRate(1, LearningRateShape.Linear, warmup, warmup).At(Math.Max(0, warmup - 1)));
}
