using Attune.Engine.Autograd;
using Attune.Engine.Backends.Cpu.Simd;
using Attune.Engine.Formats;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Matrix products, in one of two ways chosen by m alone: few rows by dot products that read B once (bound by memory: decoding,
/// <see cref="FewRowProducts{L, V}"/>), more by packed tiles of the product type (<see cref="PackedProduct{TPanels}"/>). The two sum in
/// different orders. Products with a low rank beside them stay F32: packing A would take longer than the arithmetic saves.
/// </summary>
internal sealed unsafe class Products<L, V>(int threads, ProductType products) : IMatrixKernels where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Widest that counts as a low rank.</summary>
    public const int LowRank = 64;

    /// <inheritdoc />
    public long Workspace(int m, int n, int k, bool transposeA) =>
        Math.Max(
            FewRowProducts<L, V>.Workspace(Math.Min(m, FewRowProducts<L, V>.MostRows), k),
            m <= FewRowProducts<L, V>.MostRows ? 0
            : Rounds(m, n, k, transposeA) ? PackedProduct<PairPanels>.Workspace(m, k, transposeA)
            : PackedProduct<FloatPanels<L, V>>.Workspace(m, k, transposeA));

    /// <inheritdoc />
    public void Product(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta, Tensor workspace)
    {
        var (m, n) = (c.Rows, c.Cols);
        var k = transposeA ? a.Rows : a.Cols;
        if ((transposeA ? a.Cols : a.Rows) != m || (transposeB ? b.Cols : b.Rows) != k || (transposeB ? b.Rows : b.Cols) != n)
            throw new ShapeException($"product: {a}{(transposeA ? "ᵀ" : "")} · {b}{(transposeB ? "ᵀ" : "")} into {c}");
        if (a.Type != DType.F32 || c.Type != DType.F32)
            throw new ShapeException($"product: activations are F32, not {a} and {c}");
        if (workspace.Bytes < Workspace(m, n, k, transposeA))
            throw new ArgumentException($"product: a workspace of {workspace.Bytes} bytes instead of {Workspace(m, n, k, transposeA)}", nameof(workspace));
        if (m == 0 || n == 0)
            return;
        var left = new Operand((byte*)a.Address, a.Pitch, a.PitchBytes, transposeA, a.Type, null);
        var decode = b.Type == DType.F32 ? null : WeightFormats.Decoder<L, V>(b.Type);
        var right = new Operand((byte*)b.Address, b.Pitch, b.PitchBytes, transposeB, b.Type, decode);
        var target = new Target((float*)c.Address, c.Pitch, alpha, beta);
        if (m <= FewRowProducts<L, V>.MostRows)
            FewRowProducts<L, V>.Run(left, right, target, m, n, k, (float*)workspace.Address, threads);
        else if (Rounds(m, n, k, transposeA))
            PackedProduct<PairPanels>.Run(left, right, target, m, n, k, (byte*)workspace.Address, threads);
        else
            PackedProduct<FloatPanels<L, V>>.Run(left, right, target, m, n, k, (byte*)workspace.Address, threads);
    }

    // By widths of the model alone, never by the number of tokens: m, or k where A is transposed. A row's bits do not depend on how many
    // there are, nor a smaller pass on more memory.
    private bool Rounds(int m, int n, int k, bool transposeA) =>
        products == ProductType.BF16 && n > LowRank && (transposeA ? m : k) > LowRank;
}
