using Attune.Engine.Autograd;
using Attune.Engine.Backends.Cpu.Simd;
using Attune.Engine.Formats;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Matrix products, in one of two ways chosen by m alone: up to <see cref="FewRows"/> rows by dot products that read B once (bound by
/// memory: decoding), more by packed tiles (<see cref="PackedProduct{TPanels}"/>). The two sum in different orders.
/// </summary>
internal sealed unsafe class Products<L, V>(int threads) : IMatrixKernels where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Most rows that take the dot-product path.</summary>
    public const int FewRows = 4;

    /// <inheritdoc />
    public long Workspace(int m, int n, int k) =>
        m <= FewRows ? (long)m * k * sizeof(float) : PackedProduct<FloatPanels<L, V>>.Workspace(m, k);

    /// <inheritdoc />
    public void Product(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta, Tensor workspace)
    {
        var (m, n) = (c.Rows, c.Cols);
        var k = transposeA ? a.Rows : a.Cols;
        if ((transposeA ? a.Cols : a.Rows) != m || (transposeB ? b.Cols : b.Rows) != k || (transposeB ? b.Rows : b.Cols) != n)
            throw new ShapeException($"product: {a}{(transposeA ? "ᵀ" : "")} · {b}{(transposeB ? "ᵀ" : "")} into {c}");
        if (a.Type != DType.F32 || c.Type != DType.F32)
            throw new ShapeException($"product: activations are F32, not {a} and {c}");
        if (workspace.Bytes < Workspace(m, n, k))
            throw new ArgumentException($"product: a workspace of {workspace.Bytes} bytes instead of {Workspace(m, n, k)}", nameof(workspace));
        if (m == 0 || n == 0)
            return;
        var left = new Operand((byte*)a.Address, a.Pitch, a.PitchBytes, transposeA, null);
        var decode = b.Type == DType.F32 ? null : WeightFormats.Decoder<L, V>(b.Type);
        var right = new Operand((byte*)b.Address, b.Pitch, b.PitchBytes, transposeB, decode);
        var target = new Target((float*)c.Address, c.Pitch, alpha, beta);
        if (m <= FewRows)
            Few(left, right, target, m, n, k, (float*)workspace.Address);
        else
            PackedProduct<FloatPanels<L, V>>.Run(left, right, target, m, n, k, (byte*)workspace.Address, threads);
    }

    private void Few(Operand left, Operand right, Target target, int m, int n, int k, float* rows)
    {
        // A is tiny here; laid out by rows once, so that both kernels read it in order.
        for (var i = 0; i < m; i++)
            for (var p = 0; p < k; p++)
                rows[(long)i * k + p] = left.Transposed ? left.Floats(p)[i] : left.Floats(i)[p];
        var tile = right.Transposed ? Math.Clamp(n / (8 * threads), 1, 64) : FewRowKernel<L, V>.Cols;
        var job = new FewJob { A = rows, B = right, C = target, M = m, N = n, K = k, TileCols = tile };
        Workers.Shared.Run(ref job, (n + tile - 1) / tile, threads);
    }

    private struct FewJob : IJob
    {
        public float* A;
        public Operand B;
        public Target C;
        public int M, N, K, TileCols;

        public readonly void Tile(int index)
        {
            var start = index * TileCols;
            var count = Math.Min(TileCols, N - start);
            if (B.Transposed)
                FewRowKernel<L, V>.Dots(A, M, K, B, start, count, C, (float*)Workers.Shared.Scratch);
            else
                FewRowKernel<L, V>.Columns(A, M, K, B, start, count, C, (float*)Workers.Shared.Scratch);
        }
    }
}
