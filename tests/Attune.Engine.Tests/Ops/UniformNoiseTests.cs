using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Engine.Tests.Autograd;

namespace Attune.Engine.Tests.Ops;

/// <summary>The noise is a function of key, row number and channel, uniform and as large as the row's scale says.</summary>
public class UniformNoiseTests
{
    private static readonly RandomKey Key = RandomKey.OfSeed(5).For("noise");

    [Fact]
    public void Micro_batches_draw_the_noise_of_the_whole_batch()
    {
        var x = new Inputs(static _ => false).Flow(10, 7);
        float[] scales = [.. Enumerable.Range(1, 10)];
        var whole = Run(x, scales, null);
        var head = Run(new Var(x.Value.RowRange(0, 4)), scales[..4], [0, 1, 2, 3]);
        var tail = Run(new Var(x.Value.RowRange(4, 6)), scales[4..], [4, 5, 6, 7, 8, 9]);
        Assert.Equal(whole, head.Concat(tail));
        Assert.NotEqual(tail, Run(new Var(x.Value.RowRange(4, 6)), scales[4..], null));
    }

    [Fact]
    public void It_is_uniform_up_to_the_scale_of_the_row()
    {
        var x = new Var(Tensor.Allocate(DType.F64, 2, 4001));
        new ReferenceBackend<double>().Pointwise.Fill(x.Value, 3);
        var y = Run(x, [0, 0.5f], null);
        Assert.All(y[..4001], static v => Assert.Equal(3, v));
        var noise = y[4001..].Select(static v => v - 3).ToArray();
        Assert.InRange(noise.Max(), 0.498f, 0.5f);
        Assert.InRange(noise.Min(), -0.5f, -0.498f);
        Assert.InRange(noise.Average(), -0.015, 0.015);
        // The variance of a uniform number in ±s is s² / 3.
        Assert.InRange(noise.Average(static v => v * v), 0.25 / 3 * 0.95, 0.25 / 3 * 1.05);
    }

    private static float[] Run(Var x, float[] scales, int[]? rowNumbers)
    {
        using var arena = Arena.OfBytes(1 << 20);
        using var t = new Tape(new ReferenceBackend<double>(), arena, record: false);
        return t.Run(new UniformNoise(x, scales, Key, rowNumbers)).Value.ToArray();
    }
}
