using Attune.Engine.Autograd;
using Attune.Engine.Backends;

namespace Attune.Engine.Ops;

/// <summary>Matrix products with their workspace taken from the tape.</summary>
public static class TapeProducts
{
    /// <summary>C = α · op(A) · op(B) + β · C; see <see cref="Backends.IMatrixKernels.Product"/>.</summary>
    /// <param name="t">Gives backend and workspace.</param>
    /// <param name="a">[m, k], or [k, m] if transposed.</param>
    /// <param name="transposeA">Whether A is stored transposed.</param>
    /// <param name="b">[k, n], or [n, k] if transposed; any weight format.</param>
    /// <param name="transposeB">Whether B is stored transposed.</param>
    /// <param name="c">[m, n].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β; 0 overwrites.</param>
    public static void Product(this Tape t, Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha = 1, float beta = 0)
        => Product(t, t.Backend.Matrix, a, transposeA, b, transposeB, c, alpha, beta);

    /// <summary>The same with operands that are not rounded, whatever the backend's products are.</summary>
    /// <inheritdoc cref="Product(Tape, Tensor, bool, Tensor, bool, Tensor, float, float)" />
    public static void ExactProduct(this Tape t, Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha = 1, float beta = 0)
        => Product(t, t.Backend.Exact.Matrix, a, transposeA, b, transposeB, c, alpha, beta);

    private static void Product(Tape t, IMatrixKernels kernels, Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta)
    {
        using var workspace = t.Workspace(kernels.Workspace(c.Rows, c.Cols, transposeA ? a.Rows : a.Cols, transposeA));
        kernels.Product(a, transposeA, b, transposeB, c, alpha, beta, workspace.Value);
    }
}
