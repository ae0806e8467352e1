using Attune.Engine.Backends;
using Attune.Engine.Formats;

namespace Attune.Engine.Tests.Cpu;

/// <summary>AdamW with moments in 8 bits: the published maps, the nearest code, and the kernel against the specification.</summary>
public sealed class ByteMomentTests
{
    /// <summary>What bitsandbytes' documented create_dynamic_map gives, as tests/Fixtures/make_dynamic_map.py computes it in exact fractions.</summary>
    [Theory]
    [InlineData("signed")]
    [InlineData("unsigned")]
    public void The_maps_are_the_published_ones(string name)
    {
        var golden = Fixture.Json("dynamic_map.json").GetProperty(name).EnumerateArray().Select(static v => v.GetSingle());
        Assert.Equal(golden, Map(name).Values);
    }

    /// <summary>Every number, every border and its neighbours on both sides, against a search through all of the map.</summary>
    [Theory]
    [InlineData("signed")]
    [InlineData("unsigned")]
    public void A_code_is_that_of_the_nearest_number(string name)
    {
        var map = Map(name);
        var values = map.Values;
        var borders = values.Zip(values.Skip(1), static (a, b) => (float)(((double)a + b) / 2));
        var random = Enumerable.Range(0, 4000).Select(static i => (float)RandomKey.OfSeed(5).Normal(i)).Select(static (x, i) => x / 4 * MathF.Pow(10, -(i % 8)));
        foreach (var x in values.Concat(borders).SelectMany(static x => new[] { MathF.BitDecrement(x), x, MathF.BitIncrement(x) }).Concat(random))
        {
            if (Math.Abs(x) > 1 || (x < 0 && name == "unsigned"))
                continue;
            var nearest = Enumerable.Range(0, 256).MinBy(i => Math.Abs((double)values[i] - x));
            Assert.Equal(nearest, map.Nearest(x));
        }
        Assert.Equal(255, map.Nearest(1));
        Assert.Equal(0, values[map.Nearest(0)]);
    }

    [Fact]
    public void The_kernel_equals_the_specification_at_every_size()
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var cols in Sweep.Sizes.Append(256).Append(257).Append(70_001))
            {
                var (w, g) = (Pair.Of(1, cols, 1), Pair.Of(1, cols, 2));
                var (fast, exact) = (Moments(cols), Moments(cols));
                for (var t = 1; t <= 3; t++)
                {
                    var step = new AdamWStep(1e-2f, 0.9f, 0.999f, 1e-6f, 0.1f, t, 0.5f);
                    cpu.Optimizer.AdamW8(w.Cpu, g.Cpu, fast, step);
                    Sweep.Reference.Optimizer.AdamW8(w.Exact, g.Exact, exact, step);
                }
                // A moment on a border may fall to either side; all else is the same.
                var off = Enumerable.Range(0, cols).Count(i => fast.M.At<byte>(0, i) != exact.M.At<byte>(0, i) || fast.V.At<byte>(0, i) != exact.V.At<byte>(0, i));
                Assert.InRange(off, 0, cols / 500 + 1);
                if (off == 0)
                    w.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit AdamW8 {cols}");
            }
    }

    /// <summary>Beside a neighbour of a million times its size a small gradient's second moment would round to zero, and the next step explode.</summary>
    [Fact]
    public void A_second_moment_above_zero_stays_above_it()
    {
        foreach (var backend in Sweep.Widths().Cast<Backend>().Append(Sweep.Reference))
        {
            var type = backend.Activation;
            Tensor w = Tensor.Allocate(type, 1, 16), g = Tensor.Allocate(type, 1, 16);
            g.Write([.. Enumerable.Range(0, 16).Select(static i => i == 0 ? 1f : i == 1 ? 1e-6f : 0)]);
            var moments = Moments(16);
            backend.Optimizer.AdamW8(w, g, moments, new AdamWStep(1e-3f, 0.9f, 0.999f, 1e-12f, 0, 1, 1));
            Assert.True(moments.Second(1) > 0);
            Assert.Equal(0, moments.Second(2));
            backend.Optimizer.AdamW8(w, g, moments, new AdamWStep(1e-3f, 0.9f, 0.999f, 1e-12f, 0, 2, 1));
            Assert.InRange(w.Read(0, 1), -0.0021, 0);
        }
    }

    private static DynamicCodes Map(string name) => name == "signed" ? DynamicCodes.Signed : DynamicCodes.Unsigned;

    private static ByteMoments Moments(int count)
    {
        var scales = ByteMoments.Blocks(count);
        return new(GuardedStorage.Tensor(DType.U8, 1, count, 0), GuardedStorage.Tensor(DType.F32, 1, scales, 0), GuardedStorage.Tensor(DType.U8, 1, count, 0), GuardedStorage.Tensor(DType.F32, 1, scales, 0));
    }
}
