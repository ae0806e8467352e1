using System.Runtime.InteropServices;
using Attune.Quality;

namespace Attune.Tests.Quality;

public class MinHashTests
{
    private static uint[] Set(Random random, int count)
    {
        var set = new uint[count];
        random.NextBytes(MemoryMarshal.AsBytes(set.AsSpan()));
        return set;
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(0.95)]
    public void Signatures_agree_with_the_probability_of_the_similarity(double similarity)
    {
        var random = new Random(5);
        var (equal, all) = (0, 0);
        var (a, b) = (new uint[MinHash.Size], new uint[MinHash.Size]);
        for (var trial = 0; trial < 400; trial++)
        {
            // |A ∩ B| = s·u and the rest of a union of u shared out.
            var union = Set(random, 300);
            var (shared, rest) = ((int)(similarity * 300), (300 - (int)(similarity * 300)) / 2);
            MinHash.Sign(union.AsSpan(0, shared + rest), a);
            MinHash.Sign((uint[])[.. union[..shared], .. union[(shared + rest)..]], b);
            equal += a.Zip(b).Count(static p => p.First == p.Second);
            all += a.Length;
        }
        // Four deviations of 57,600 draws.
        Assert.Equal(similarity, (double)equal / all, 0.009);
    }

    /// <summary>The specification: one value after the other, without vectors.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    public void A_signature_is_the_least_of_each_function(int count)
    {
        var set = Set(new Random(1), count);
        var (whole, least) = (new uint[MinHash.Size], Enumerable.Repeat(uint.MaxValue, MinHash.Size).ToArray());
        MinHash.Sign(set, whole);
        foreach (var x in set)
        {
            var one = new uint[MinHash.Size];
            MinHash.Sign([x], one);
            for (var i = 0; i < one.Length; i++) least[i] = Math.Min(least[i], one[i]);
        }
        Assert.Equal(least, whole);
        Assert.Equal(MinHash.Size, whole.Distinct().Count());
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(0.99)]
    public void Bands_let_a_pair_at_the_threshold_meet(double near)
    {
        var rows = MinHash.BandRows(near);
        Assert.Equal(0, MinHash.Size % rows);
        Assert.InRange(1 - Math.Pow(1 - Math.Pow(near, rows), MinHash.Size / rows), 0.99, 1);
    }

    [Fact]
    public void Large_sets_are_compared_by_their_smallest_hashes()
    {
        var random = new Random(2);
        var union = Set(random, 40_000);
        uint[] Smallest(IEnumerable<uint> set) => [.. set.Distinct().Order().Take(ShingleSet.Most)];
        Assert.Equal(0.75, ShingleSet.Jaccard(Smallest(union[..35_000]), Smallest(union[5_000..])), 0.03);
        Assert.Equal(1, ShingleSet.Jaccard([1, 2, 3], [1, 2, 3]));
        Assert.Equal(0.5, ShingleSet.Jaccard([1, 2, 3], [2, 3, 4]));
        Assert.Equal(0, ShingleSet.Jaccard([1], [2]));
    }
}
