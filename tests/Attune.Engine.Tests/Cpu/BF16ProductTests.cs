using Attune.Engine.Backends;

namespace Attune.Engine.Tests.Cpu;

/// <summary>Products in BF16 against the specification with both operands rounded first; the few rows of decoding stay F32.</summary>
public class BF16ProductTests
{
    // Above the ranks that stay F32.
    private static readonly int[] Sizes = Sweep.Full ? [65, 66, 71, 72, 73, 79, 80, 81, 95, 96, 97, 127, 128, 129, 130, 143, 144, 145] : [65, 72, 79, 96, 97, 130];

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Equals_the_specification_of_rounded_operands(bool transposeA, bool transposeB)
    {
        var cpu = Backend();
        foreach (var m in transposeA ? Sizes : [5, 8, 17, .. Sizes])
            foreach (var n in Sizes)
                foreach (var k in Sizes)
                    if (Sweep.Full || (m + n + k) % 3 == 0)
                        One(cpu, DType.F32, m, n, k, transposeA, transposeB, 0.5f, (m + n + k) % 2 == 0 ? 0 : -1.5f);
    }

    [Theory]
    [InlineData(DType.BF16, 67, 131)]
    [InlineData(DType.F16, 67, 131)]
    [InlineData(DType.Q8_0, 96, 96)]
    [InlineData(DType.Q4_K, 256, 768)]
    public void Reads_weights_in_their_format(DType type, int n, int k)
    {
        foreach (var m in new[] { 5, 33 })
            foreach (var transposed in new[] { false, true })
                One(Backend(), type, m, n, k, false, transposed, 1, 0, type.BlockElements() > 1 ? type.BlockElements() : 5);
    }

    [Fact]
    public void Sums_over_many_k_blocks_and_strips()
    {
        One(Backend(), DType.F32, 70, 800, 1101, false, true, 1, 0);
        One(Backend(), DType.BF16, 70, 800, 1101, false, true, 1, 1);
        One(Backend(), DType.F32, 300, 70, 1031, true, false, 1, 1);
    }

    /// <summary>Decoding, and what adapters of a low rank multiply, on either side of the rank.</summary>
    [Theory]
    [InlineData(4, 70, 300, false)]
    [InlineData(90, 64, 300, false)]
    [InlineData(90, 300, 64, false)]
    [InlineData(64, 300, 90, true)]
    [InlineData(300, 16, 90, true)]
    public void Few_rows_and_low_ranks_are_not_rounded(int m, int n, int k, bool transposeA)
    {
        var (a, b) = (transposeA ? Pair.Of(k, m, 1) : Pair.Of(m, k, 1), Pair.Of(n, k, 2));
        var (c, f32) = (Pair.Of(m, n, 3), Pair.Of(m, n, 3));
        Multiply(Backend(), a.Cpu, b.Cpu, c.Cpu, transposeA);
        Multiply(new CpuBackend(2), a.Cpu, b.Cpu, f32.Cpu, transposeA);
        for (var r = 0; r < m; r++)
            Assert.Equal(f32.Cpu.Row<float>(r), c.Cpu.Row<float>(r));
    }

    /// <summary>Each odd number in one row and column at a time, beside ordinary ones; columns and rows without it keep their bits.</summary>
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.MaxValue)]
    [InlineData(-0f)]
    [InlineData(1e-40f)]
    public void Odd_numbers_are_kept_in_their_rows_and_columns(float odd)
    {
        var (a, b, c, plain) = (Pair.Of(20, 70, 1), Pair.Of(80, 70, 2), Pair.Of(20, 80, 3), Pair.Of(20, 80, 3));
        Multiply(Backend(), a.Cpu, b.Cpu, plain.Cpu);
        a.Set(3, 69, odd);
        b.Set(79, 2, odd);
        Multiply(Backend(), a.Cpu, b.Cpu, c.Cpu);
        Sweep.Reference.Matrix.Product(Rounded(a), false, Rounded(b), true, c.Exact, 1, 0, Sweep.Workspace(1 << 20));
        c.AssertClose(Sweep.Tolerance(DType.F32), $"{odd}");
        for (var r = 0; r < 20; r++)
            for (var j = 0; j < 79; j++)
                if (r != 3)
                    Assert.Equal(plain.Cpu.Read(r, j), c.Cpu.Read(r, j));
    }

    /// <summary>Ties go to the even neighbour, and what is too large to round becomes infinite, as in <see cref="Scalars.ToBF16"/>.</summary>
    [Fact]
    public void Operands_are_rounded_to_nearest_even()
    {
        float[] odd = [1 + 1f / 256, 1 + 3f / 256, 1 + 1.01f / 256, -1 - 1f / 256, float.MaxValue, 1.1754944e-38f, 3e38f, 1f / 3];
        foreach (var transposed in new[] { false, true })
        {
            // A diagonal of the numbers times ones.
            var a = Pair.Of(70, 70, 1, 0, static _ => 0);
            var b = Pair.Of(70, 70, 2, 0, static _ => 1);
            var c = Pair.Of(70, 70, 3);
            for (var i = 0; i < 8; i++)
                a.Set(i, i, odd[i]);
            Backend().Matrix.Product(a.Cpu, transposed, b.Cpu, false, c.Cpu, 1, 0, Sweep.Workspace(1 << 16));
            for (var i = 0; i < 8; i++)
                Assert.Equal(Scalars.FromBF16(Scalars.ToBF16(odd[i])), c.Cpu.Read(i, i));
        }
    }

    [Theory]
    [InlineData(201, 333, 700, false, true)]
    [InlineData(90, 70, 201, true, false)]
    [InlineData(400, 80, 100, false, true)]
    public void Bits_do_not_depend_on_threads_and_nothing_is_allocated(int m, int n, int k, bool transposeA, bool transposeB)
    {
        var a = transposeA ? Pair.Of(k, m, 1).Cpu : Pair.Of(m, k, 1).Cpu;
        var b = transposeB ? Pair.Of(n, k, 2).Cpu : Pair.Of(k, n, 2).Cpu;
        var workspace = Sweep.Workspace(4 << 20);
        float[]? first = null;
        foreach (var threads in new[] { 1, 2, 3, 8 })
        {
            var (cpu, c) = (Backend(threads), Pair.Of(m, n, 3).Cpu);
            cpu.Matrix.Product(a, transposeA, b, transposeB, c, 1, 0.5f, workspace);
            first ??= c.ToArray();
            Assert.Equal(first, c.ToArray());
            var start = GC.GetAllocatedBytesForCurrentThread();
            cpu.Matrix.Product(a, transposeA, b, transposeB, c, 1, 0.5f, workspace);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - start);
        }
    }

    [Fact]
    public void A_row_does_not_depend_on_its_neighbours()
    {
        var (a, w, c, alone) = (Pair.Of(100, 300, 1).Cpu, Pair.Of(70, 300, 2).Cpu, Pair.Of(100, 70, 3).Cpu, Pair.Of(7, 70, 4).Cpu);
        Multiply(Backend(), a, w, c);
        Multiply(Backend(), a.RowRange(93, 7), w, alone);
        for (var r = 0; r < 7; r++)
            Assert.Equal(c.Row<float>(93 + r), alone.Row<float>(r));
    }

    [Fact]
    public void Half_vectors_have_no_such_products()
    {
        _ = Backend();
        Assert.Throws<PlatformNotSupportedException>(static () => new CpuBackend(1, 256, ProductType.BF16));
    }

    /// <summary>The backend, or a skip with the reason.</summary>
    internal static CpuBackend Backend(int threads = 2)
    {
        Assert.SkipUnless(CpuBackend.Supports(ProductType.BF16), "the processor has no AVX512_BF16, or native calls are switched off");
        return new CpuBackend(threads, ProductType.BF16);
    }

    private static void One(CpuBackend cpu, DType type, int m, int n, int k, bool transposeA, bool transposeB, float alpha, float beta, int gap = 5) =>
        ProductCheck.One(cpu, type, m, n, k, transposeA, transposeB, alpha, beta, gap, Rounded);

    private static void Multiply(CpuBackend cpu, Tensor a, Tensor b, Tensor c, bool transposeA = false) =>
        cpu.Matrix.Product(a, transposeA, b, true, c, 1, 0, Sweep.Workspace(cpu.Matrix.Workspace(c.Rows, c.Cols, b.Cols, transposeA)));

    // What the product sees of an operand: subnormal numbers count as 0.
    private static Tensor Rounded(Pair pair)
    {
        for (var r = 0; r < pair.Exact.Rows; r++)
        {
            foreach (ref var x in pair.Exact.Row<double>(r))
                x = Math.Abs(x) < 1.1754943508222875e-38 ? 0 : Scalars.FromBF16(Scalars.ToBF16((float)x));
        }
        return pair.Exact;
    }
}
