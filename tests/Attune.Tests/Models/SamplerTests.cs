using Attune.Models;
using Attune.Problems;

namespace Attune.Tests.Models;

public class SamplerTests
{
    // Probabilities 0.4, 0.3, 0.2, 0.1.
    private static readonly double[] Known = [0.4, 0.3, 0.2, 0.1];

    private static float[] Logits => [.. Known.Select(static p => (float)Math.Log(p))];

    private static double[] Shares(SamplingOptions options, int[]? seen = null)
    {
        const int draws = 20000;
        var sampler = new Sampler(options);
        var counts = new double[Known.Length];
        for (var i = 0; i < draws; i++)
            counts[sampler.Choose(Logits, seen ?? [])]++;
        return [.. counts.Select(static c => c / draws)];
    }

    // 20,000 draws: four standard deviations are below 0.015.
    private static void Near(double[] expected, double[] actual) => Assert.All(expected.Zip(actual), static p => Assert.Equal(p.First, p.Second, 0.015));

    [Fact]
    public void Temperature_zero_takes_the_largest_and_of_equals_the_first()
    {
        Assert.Equal([1, 0, 0, 0], Shares(new SamplingOptions()));
        Assert.Equal(1, new Sampler(new SamplingOptions()).Choose([0, 2, 2], []));
    }

    [Fact]
    public void Temperature_one_draws_the_distribution_itself() => Near(Known, Shares(new SamplingOptions { Temperature = 1 }));

    [Fact]
    public void Temperature_two_draws_from_the_square_roots()
    {
        var total = Known.Sum(Math.Sqrt);
        Near([.. Known.Select(p => Math.Sqrt(p) / total)], Shares(new SamplingOptions { Temperature = 2 }));
    }

    [Fact]
    public void A_temperature_near_zero_is_as_zero() => Assert.Equal([1, 0, 0, 0], Shares(new SamplingOptions { Temperature = 1e-38f }));

    [Fact]
    public void Top_k_keeps_the_k_most_probable() => Near([4 / 7.0, 3 / 7.0, 0, 0], Shares(new SamplingOptions { Temperature = 1, TopK = 2 }));

    [Theory]
    [InlineData(0.3, 1)]
    [InlineData(0.5, 2)]
    [InlineData(0.75, 3)]
    public void Top_p_keeps_the_fewest_that_reach_it(float p, int kept)
    {
        var total = Known.Take(kept).Sum();
        Near([.. Known.Select((x, i) => i < kept ? x / total : 0)], Shares(new SamplingOptions { Temperature = 1, TopP = p }));
    }

    [Fact]
    public void Top_p_counts_within_what_top_k_left()
    {
        // Of 4/7 and 3/7, the first reaches 0.5 by itself.
        Assert.Equal([1, 0, 0, 0], Shares(new SamplingOptions { Temperature = 1, TopK = 2, TopP = 0.5f }));
    }

    [Fact]
    public void Repetition_divides_positive_logits_and_multiplies_negative_ones_once_each()
    {
        var sampler = new Sampler(new SamplingOptions { RepetitionPenalty = 2 });
        float[] logits = [4, 3, -1, -0.5f];
        Assert.Equal(1, sampler.Choose(logits, [0, 2, 0]));
        Assert.Equal([2, 3, -2, -0.5f], logits);
    }

    [Fact]
    public void A_seed_draws_the_same_and_another_seed_another_sequence()
    {
        static int[] Draw(long seed)
        {
            var sampler = new Sampler(new SamplingOptions { Temperature = 1, Seed = seed });
            return [.. Enumerable.Range(0, 50).Select(_ => sampler.Choose(Logits, []))];
        }

        Assert.Equal(Draw(7), Draw(7));
        Assert.NotEqual(Draw(7), Draw(8));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Logits_that_are_no_numbers_are_an_error(float temperature) => Assert.Throws<RunFailedException>(
        () => new Sampler(new SamplingOptions { Temperature = temperature }).Choose([float.NaN, float.NaN], []));
}
