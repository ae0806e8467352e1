using Attune.Engine.Backends;

namespace Attune.Engine.Tests.Cpu;

public class ProductTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Equals_the_specification_at_every_size(bool transposeA, bool transposeB)
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var m in Sweep.Sizes)
                foreach (var n in Sweep.Sizes)
                    foreach (var k in Sweep.Sizes)
                        if (Sweep.Full || (m + n + k) % 3 == 0)
                            One(cpu, DType.F32, m, n, k, transposeA, transposeB, 0.5f, (m + n + k) % 2 == 0 ? 0 : -1.5f);
    }

    [Theory]
    [InlineData(DType.BF16)]
    [InlineData(DType.F16)]
    public void Reads_weights_in_their_format(DType type)
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var m in new[] { 1, 4, 5, 33 })
                foreach (var transposed in new[] { false, true })
                    One(cpu, type, m, 67, 130, false, transposed, 1, 0);
    }

    /// <summary>Blocks of 32 and 256 are cut anywhere by the products' own blocks: 1280 is summed in two halves of 640.</summary>
    [Theory]
    [InlineData(DType.Q8_0, 96, 96)]
    [InlineData(DType.Q4_0, 96, 160)]
    [InlineData(DType.Q5_0, 96, 32)]
    [InlineData(DType.Q5_1, 96, 64)]
    [InlineData(DType.Q4_K, 1280, 256)]
    [InlineData(DType.Q5_K, 256, 768)]
    [InlineData(DType.Q6_K, 1280, 256)]
    [InlineData(DType.Int8, 192, 128)]
    [InlineData(DType.NF4, 192, 128)]
    [InlineData(DType.NF4, 832, 64)]
    public void Reads_weights_in_blocks(DType type, int k, int n)
    {
        // Rows of NF4 begin with a head: there are no gaps between parts of them.
        var block = type == DType.NF4 ? 0 : type.BlockElements();
        foreach (var cpu in Sweep.Widths())
            foreach (var m in new[] { 1, 4, 5, 33 })
                foreach (var transposed in new[] { false, true })
                    One(cpu, type, m, n, k, false, transposed, 1, 0, block);
    }

    [Fact]
    public void Sums_over_many_k_blocks_and_strips()
    {
        foreach (var cpu in Sweep.Widths())
        {
            One(cpu, DType.F32, 70, 800, 1100, false, true, 1, 0);
            One(cpu, DType.F32, 3, 600, 4500, false, true, 1, 1);
            One(cpu, DType.F32, 300, 20, 1030, true, false, 1, 1);
        }
    }

    private static void One(CpuBackend cpu, DType type, int m, int n, int k, bool transposeA, bool transposeB, float alpha, float beta, int gap = 5)
    {
        // Scaled so that a sum is of order one.
        var scale = 1 / Math.Sqrt(Math.Max(1, k));
        var a = transposeA ? Pair.Of(k, m, 1, 3) : Pair.Of(m, k, 1, 3);
        var b = transposeB ? Pair.Of(type, n, k, 2, gap, x => x * scale) : Pair.Of(type, k, n, 2, gap, x => x * scale);
        // β = 0 must not read what was there.
        var c = Pair.Of(m, n, 3, 1, x => beta == 0 ? double.NaN : x);
        cpu.Matrix.Product(a.Cpu, transposeA, b.Cpu, transposeB, c.Cpu, alpha, beta, Sweep.Workspace(cpu.Matrix.Workspace(m, n, k, transposeA)));
        Sweep.Reference.Matrix.Product(a.Exact, transposeA, b.Exact, transposeB, c.Exact, alpha, beta, Sweep.Workspace(1 << 20));
        c.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit {type} [{m}, {k}]·[{k}, {n}] {transposeA} {transposeB}");
    }
}
