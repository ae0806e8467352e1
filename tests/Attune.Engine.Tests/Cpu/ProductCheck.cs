using Attune.Engine.Backends;

namespace Attune.Engine.Tests.Cpu;

/// <summary>One product beside the specification.</summary>
internal static class ProductCheck
{
    /// <summary>
    /// C = α · op(A) · op(B) + β · C for B in a weight format, with gaps between its rows; the operands of the specification are put through
    /// <paramref name="rounds"/> first.
    /// </summary>
    public static void One(
        CpuBackend cpu, DType type, int m, int n, int k, bool transposeA, bool transposeB, float alpha, float beta, int gap = 5, Func<Pair, Tensor>? rounds = null)
    {
        rounds ??= static pair => pair.Exact;
        // Scaled so that a sum is of order one.
        var scale = 1 / Math.Sqrt(Math.Max(1, k));
        var a = transposeA ? Pair.Of(k, m, 1, 3) : Pair.Of(m, k, 1, 3);
        var b = transposeB ? Pair.Of(type, n, k, 2, gap, x => x * scale) : Pair.Of(type, k, n, 2, gap, x => x * scale);
        // β = 0 must not read what was there.
        var c = Pair.Of(m, n, 3, 1, x => beta == 0 ? double.NaN : x);
        cpu.Matrix.Product(a.Cpu, transposeA, b.Cpu, transposeB, c.Cpu, alpha, beta, Sweep.Workspace(cpu.Matrix.Workspace(m, n, k, transposeA)));
        Sweep.Reference.Matrix.Product(rounds(a), transposeA, rounds(b), transposeB, c.Exact, alpha, beta, Sweep.Workspace(1 << 20));
        c.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit {type} [{m}, {k}]·[{k}, {n}] {transposeA} {transposeB}");
    }
}
