using Attune.Engine;
using Attune.Selection;

namespace Attune.Tests.Selection;

public sealed class RandomProjectionTests
{
    private static float[] Numbers(int count, string name)
    {
        var key = RandomKey.OfSeed(3).For(name);
        float[] x = [.. Enumerable.Range(0, count).Select(i => (float)key.Normal(i))];
        Vectors.Normalise(x);
        return x;
    }

    private static float[] Project(float[] x, int size, long seed)
    {
        var y = new float[size];
        new RandomProjection(size, RandomKey.OfSeed(seed)).Add(x, 0, y);
        return y;
    }

    /// <summary>Inner products come through with the error of the theory: a mean of nothing, and a root of 2/d at the most.</summary>
    [Theory]
    [InlineData(256, 0.0)]
    [InlineData(1024, 0.0)]
    [InlineData(1024, 0.7)]
    public void Inner_products_are_kept_within_the_bound(int size, double cosine)
    {
        const int seeds = 200;
        var (a, b) = (Numbers(5000, "a"), Numbers(5000, "b"));
        // Of length one, with the wanted cosine.
        var along = Vectors.Dot(a, b);
        for (var i = 0; i < b.Length; i++)
            b[i] -= along * a[i];
        Vectors.Normalise(b);
        float[] c = [.. a.Zip(b, (x, y) => (float)(cosine * x + Math.Sqrt(1 - cosine * cosine) * y))];
        double[] errors = [.. Enumerable.Range(0, seeds).Select(seed => Vectors.Dot(Project(a, size, seed), Project(c, size, seed)) - cosine)];
        var spread = Math.Sqrt(errors.Average(static e => e * e));
        Assert.InRange(spread, 0.5 / Math.Sqrt(size), Math.Sqrt(2.0 / size));
        Assert.InRange(errors.Average(), -4 * spread / Math.Sqrt(seeds), 4 * spread / Math.Sqrt(seeds));
    }

    [Fact]
    public void Pieces_add_up_to_the_whole()
    {
        var (x, projection) = (Numbers(1000, "x"), new RandomProjection(256, RandomKey.OfSeed(9)));
        var pieces = new float[256];
        projection.Add(x.AsSpan(0, 300), 0, pieces);
        projection.Add(x.AsSpan(300), 300, pieces);
        Assert.Equal(Project(x, 256, 9), pieces);
        Assert.NotEqual(Project(x, 256, 9), Project(x, 256, 10));
    }

    /// <summary>Every number leaves 8 marks, one in each eighth of the result.</summary>
    [Fact]
    public void Every_number_has_its_marks_in_every_part()
    {
        var y = Project([0, 0, 1, 0], 256, 1);
        for (var part = 0; part < 8; part++)
            Assert.Equal(1 / Math.Sqrt(8), Math.Abs(Assert.Single(y[(part * 32)..((part + 1) * 32)], static v => v != 0)), 1e-6);
    }
}
