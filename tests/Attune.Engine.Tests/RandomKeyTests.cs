namespace Attune.Engine.Tests;

public class RandomKeyTests
{
    // Philox 4×32-10 of Random123's known-answer file: counter and key all zero, all one, and digits of π.
    [Theory]
    [InlineData(0u, 0L, 0u, 0ul, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(uint.MaxValue, -1L, uint.MaxValue, ulong.MaxValue, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x13198a2e_85a308d3L, 0x03707344u, 0x299f31d0_a4093822ul, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Draws_the_published_numbers(uint group, long row, uint step, ulong key, uint a, uint b, uint c, uint d) =>
        Assert.Equal((a, b, c, d), new RandomKey(key, step).Draw(row, group));

    [Fact]
    public void Numbers_fill_the_unit_interval_evenly()
    {
        const int draws = 1 << 16, bins = 256;
        var key = RandomKey.OfSeed(1).For("uniform");
        var counts = new int[bins];
        for (var i = 0; i < draws; i++)
            counts[(int)(key.Uniform(i) * bins)]++;
        // χ² with 255 degrees of freedom: mean 255, standard deviation 22.6; five of them are far out.
        Assert.InRange(counts.Sum(static n => Math.Pow(n - draws / bins, 2) / (draws / bins)), 255 - 113, 255 + 113);
    }

    [Fact]
    public void Normal_numbers_have_the_moments_of_a_normal_distribution()
    {
        const int draws = 1 << 16;
        var key = RandomKey.OfSeed(1).For("normal");
        var values = Enumerable.Range(0, draws).Select(i => key.Normal(i)).ToArray();
        Assert.InRange(values.Average(), -0.02, 0.02);
        Assert.InRange(values.Average(static v => v * v), 0.97, 1.03);
        Assert.InRange(values.Average(static v => v * v * v * v), 2.8, 3.2);
    }

    [Fact]
    public void Seeds_paths_and_steps_draw_different_numbers()
    {
        RandomKey[] keys =
        [
            RandomKey.OfSeed(0), RandomKey.OfSeed(1), RandomKey.OfSeed(-1), RandomKey.OfSeed(0).At(1),
            RandomKey.OfSeed(0).For("a"), RandomKey.OfSeed(0).For("b"), RandomKey.OfSeed(0).For("a").For("b"),
            RandomKey.OfSeed(0).For("b").For("a"), RandomKey.OfSeed(0).For("ab"),
        ];
        Assert.Equal(keys.Length, keys.Select(static k => k.Draw(0, 0)).Distinct().Count());
    }

    [Fact]
    public void Whole_numbers_stay_below_their_limit_and_reach_it()
    {
        var key = RandomKey.OfSeed(2);
        Assert.Equal(Enumerable.Range(0, 7), Enumerable.Range(0, 500).Select(i => key.Below(7, i)).Distinct().Order());
    }
}
