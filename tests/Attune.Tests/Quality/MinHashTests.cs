using System.Runtime.InteropServices;
using Attune.Data;
using Attune.Quality;
using Attune.Tests.Runs;

namespace Attune.Tests.Quality;

public class MinHashTests : QualityFiles
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
        var whole = new uint[MinHash.Size];
        MinHash.Sign(set, whole);
        // Least of a·x + b mod 2³², a odd.
        var least = Enumerable.Range(0, MinHash.Size).Select(i =>
        {
            var (a, b) = ((uint)Mixing.Bits(0x6D696E68, (ulong)i) | 1, (uint)Mixing.Bits(0x68617368, (ulong)i));
            return set.Min(x => unchecked(a * x + b));
        });
        Assert.Equal(least, whole);
    }

    /// <summary>The width of vectors is a process's own: 144 values are an even number of vectors of 128 and 256 bits, and an odd one of 512.</summary>
    [Fact]
    public async Task A_report_is_the_same_at_every_width_of_vectors()
    {
        const string text = "The bridge was closed in autumn because its cables had rusted through in the salt of the sea";
        var path = Write("a.jsonl", Rows([.. Enumerable.Range(0, 30).Select(static i => ($"{text}, said number {i % 20}", $"{text}."))]));
        var outputs = new List<(int Code, string Out, string Error)>();
        foreach (var bits in new[] { "", "128", "256", "512" })
        {
            var info = CliProcess.Of(CliProcess.Dotnet, [CliProcess.Program, "data", "report", path, "--json"]);
            if (bits.Length > 0) info.Environment["DOTNET_MaxVectorTBitWidth"] = bits;
            outputs.Add(await CliProcess.Read(info));
        }
        Assert.Equal((0, ""), (outputs[0].Code, outputs[0].Error));
        Assert.All(outputs, o => Assert.Equal(outputs[0], o));
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
