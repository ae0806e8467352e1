using Attune.Engine.Backends;

namespace Attune.Engine.Tests.Cpu;

public class PointwiseTests
{
    private static readonly float[] special =
        [0, -0f, float.Epsilon, -1e-40f, 1e-30f, 1e-8f, 88.6f, -88.6f, 1e4f, -1e4f, float.PositiveInfinity, float.NegativeInfinity, float.NaN];

    private static readonly Activation[] activations = [Activation.Silu, Activation.Gelu, Activation.GeluTanh];

    [Fact]
    public void Element_wise_kernels_equal_the_specification_at_every_size()
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var cols in Sweep.Sizes)
                foreach (var rows in new[] { 1, 3 })
                    foreach (var beta in new[] { 0f, 0.5f })
                        One(cpu, rows, cols, cols % 2, beta);
    }

    [Fact]
    public void Long_rows_are_cut_into_tiles()
    {
        foreach (var cpu in Sweep.Widths())
        {
            One(cpu, 2, 16384 + 3, 0, 0.5f);
            One(cpu, 2, 16384 + 3, 1, 0);
            One(cpu, 300, 129, 1, 1);
        }
    }

    [Fact]
    public void Special_numbers_go_through_activations_as_in_the_specification()
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var f in activations)
            {
                var (x, y, dy, dx) = (Pair.Of(1, special.Length, 1), Pair.Of(1, special.Length, 2), Pair.Of(1, special.Length, 3), Pair.Of(1, special.Length, 4));
                for (var c = 0; c < special.Length; c++)
                    x.Set(0, c, special[c]);
                cpu.Pointwise.Activate(f, x.Cpu, y.Cpu);
                Sweep.Reference.Pointwise.Activate(f, x.Exact, y.Exact);
                y.AssertClose(1e-6, $"{cpu.LaneBits} bit {f}");
                // At infinity the slope is a limit; only what is finite, and NaN, is compared.
                x.Set(0, 10, 60);
                x.Set(0, 11, -60);
                cpu.Pointwise.ActivateBackward(f, dy.Cpu, x.Cpu, dx.Cpu, 0);
                Sweep.Reference.Pointwise.ActivateBackward(f, dy.Exact, x.Exact, dx.Exact, 0);
                dx.AssertClose(1e-6, $"{cpu.LaneBits} bit slope of {f}");
            }
    }

    [Fact]
    public void Activations_are_accurate_over_the_range_that_matters()
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var f in activations)
            {
                var (x, y) = (Pair.Of(1, 4001, 1), Pair.Of(1, 4001, 2));
                for (var i = 0; i < 4001; i++)
                    x.Set(0, i, (i - 2000) / 100f);
                cpu.Pointwise.Activate(f, x.Cpu, y.Cpu);
                Sweep.Reference.Pointwise.Activate(f, x.Exact, y.Exact);
                y.AssertClose(6e-7, $"{cpu.LaneBits} bit {f}");
            }
    }

    [Theory]
    [InlineData(DType.F32, DType.BF16)]
    [InlineData(DType.BF16, DType.F32)]
    [InlineData(DType.F32, DType.F16)]
    [InlineData(DType.F16, DType.F32)]
    [InlineData(DType.F16, DType.BF16)]
    public void Adding_converts_between_formats(DType from, DType to)
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var cols in Sweep.Sizes.Append(2100))
                foreach (var beta in new[] { 0f, 0.5f })
                {
                    var (x, y) = (Pair.Of(from, 2, cols, 1, 1), Pair.Of(to, 2, cols, 2, 1));
                    for (var c = 0; c < Math.Min(cols, special.Length); c++)
                        x.Set(0, c, special[c]);
                    cpu.Pointwise.AddScaled(x.Cpu, 1.5f, y.Cpu, beta);
                    Sweep.Reference.Pointwise.AddScaled(x.Exact, 1.5f, y.Exact, beta);
                    if (to == DType.F16)
                        for (var c = 0; c < cols; c++)
                            if (Math.Abs(y.Exact.Read(0, c)) > 65504)
                                y.Exact.At<double>(0, c) = y.Exact.Read(0, c) * double.PositiveInfinity;
                    y.AssertClose(Math.Max(Sweep.Tolerance(from == DType.F32 ? DType.F16 : from), Sweep.Tolerance(to)), $"{cpu.LaneBits} bit {from} to {to}");
                }
    }

    /// <summary>Rows without gaps; those of NF4 begin with a head each.</summary>
    [Theory]
    [InlineData(DType.Q8_0)]
    [InlineData(DType.Int8)]
    [InlineData(DType.NF4)]
    public void Adding_widens_rows_of_blocks(DType from)
    {
        foreach (var cpu in Sweep.Widths())
        {
            var (x, y) = (Pair.Of(from, 3, 128, 1, 0), Pair.Of(3, 128, 2, 0));
            cpu.Pointwise.AddScaled(x.Cpu, 1.5f, y.Cpu, 0.5f);
            Sweep.Reference.Pointwise.AddScaled(x.Exact, 1.5f, y.Exact, 0.5f);
            y.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit {from}");
        }
    }

    private static void One(CpuBackend cpu, int rows, int cols, int gap, float beta)
    {
        var (fast, exact) = (cpu.Pointwise, Sweep.Reference.Pointwise);
        var (tolerance, what) = (Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit [{rows}, {cols}] β {beta}");
        Pair New(int seed) => Pair.Of(rows, cols, seed, gap);
        var (a, b, c) = (New(1), New(2), New(3));

        var y = New(4);
        fast.AddScaled(a.Cpu, 0.7f, y.Cpu, beta);
        exact.AddScaled(a.Exact, 0.7f, y.Exact, beta);
        y.AssertClose(tolerance, what + " add scaled");
        fast.Add(y.Cpu, b.Cpu, y.Cpu);
        exact.Add(y.Exact, b.Exact, y.Exact);
        y.AssertClose(tolerance, what + " add");
        var bias = Pair.Of(DType.BF16, 1, cols, 5);
        fast.AddBias(y.Cpu, bias.Cpu);
        exact.AddBias(y.Exact, bias.Exact);
        y.AssertClose(tolerance, what + " add bias");
        var sum = Pair.Of(1, cols, 6);
        fast.SumRows(y.Cpu, sum.Cpu, beta);
        exact.SumRows(y.Exact, sum.Exact, beta);
        sum.AssertClose(5 * tolerance, what + " sum of rows");
        fast.DotColumns(a.Cpu, b.Cpu, sum.Cpu, beta);
        exact.DotColumns(a.Exact, b.Exact, sum.Exact, beta);
        sum.AssertClose(5 * tolerance, what + " dots of columns");
        var (scale, divisor) = (Pair.Of(1, cols, 8), Pair.Of(1, cols, 9, 0, static v => 1 + Math.Abs(v)));
        foreach (var (s, d) in new[] { (scale, divisor), (scale, null), (null, divisor), (default(Pair), default(Pair)) })
        {
            fast.ScaleColumns(a.Cpu, s?.Cpu, d?.Cpu, y.Cpu, beta);
            exact.ScaleColumns(a.Exact, s?.Exact, d?.Exact, y.Exact, beta);
            y.AssertClose(tolerance, what + " scale columns");
        }
        foreach (var p in new[] { 0f, 0.3f })
        {
            var numbers = Enumerable.Range(5, rows).Reverse().ToArray();
            fast.Dropout(a.Cpu, p, new RandomKey(7, 8), p == 0 ? null : numbers, y.Cpu, beta);
            exact.Dropout(a.Exact, p, new RandomKey(7, 8), p == 0 ? null : numbers, y.Exact, beta);
            y.AssertClose(tolerance, what + " dropout");
        }
        var scales = Enumerable.Range(0, rows).Select(static r => 0.1f * r).ToArray();
        fast.AddNoise(a.Cpu, scales, new RandomKey(7, 8), null, y.Cpu);
        exact.AddNoise(a.Exact, scales, new RandomKey(7, 8), null, y.Exact);
        y.AssertClose(tolerance, what + " noise");
        foreach (var f in activations)
        {
            fast.Activate(f, a.Cpu, y.Cpu);
            exact.Activate(f, a.Exact, y.Exact);
            y.AssertClose(tolerance, what + " activate");
            fast.ActivateBackward(f, b.Cpu, a.Cpu, y.Cpu, beta);
            exact.ActivateBackward(f, b.Exact, a.Exact, y.Exact, beta);
            y.AssertClose(tolerance, what + " activate backward");
            fast.Gate(f, a.Cpu, b.Cpu, y.Cpu);
            exact.Gate(f, a.Exact, b.Exact, y.Exact);
            y.AssertClose(tolerance, what + " gate");
            var (dGate, dUp) = (New(7), New(8));
            fast.GateBackward(f, c.Cpu, a.Cpu, b.Cpu, dGate.Cpu, beta, dUp.Cpu, 1);
            exact.GateBackward(f, c.Exact, a.Exact, b.Exact, dGate.Exact, beta, dUp.Exact, 1);
            dGate.AssertClose(tolerance, what + " gate backward");
            dUp.AssertClose(tolerance, what + " gate backward");
            // In place of what they are the gradients of.
            var (inGate, inUp) = (New(1), New(2));
            fast.GateBackward(f, c.Cpu, inGate.Cpu, inUp.Cpu, inGate.Cpu, 0, inUp.Cpu, 0);
            exact.GateBackward(f, c.Exact, a.Exact, b.Exact, inGate.Exact, 0, inUp.Exact, 0);
            inGate.AssertClose(tolerance, what + " gate backward in place");
            inUp.AssertClose(tolerance, what + " gate backward in place");
        }
        fast.Fill(y.Cpu, 1.5f);
        exact.Fill(y.Exact, 1.5f);
        y.AssertClose(0, what + " fill");
    }
}
