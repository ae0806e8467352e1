using Attune.Engine.Autograd;

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
    {
        var kernels = t.Backend.Matrix;
        using var workspace = t.Workspace(kernels.Workspace(c.Rows, c.Cols, transposeA ? a.Rows : a.Cols, transposeA));
        kernels.Product(a, transposeA, b, transposeB, c, alpha, beta, workspace.Value);
    }
}
