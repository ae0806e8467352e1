using System.Numerics;

namespace Attune.Engine.Backends;

/// <summary>Products as three loops.</summary>
internal sealed class ReferenceMatrix<T> : IMatrixKernels where T : unmanaged, IFloatingPointIeee754<T>
{
    public long Workspace(int m, int n, int k, bool transposeA) => 0;

    public void Product(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta, Tensor workspace)
    {
        // Rows of op(A) and columns of op(B), so that both are read in the order of the sum.
        var rows = Elements<T>.Rows(a, transposeA);
        var columns = Elements<T>.Rows(b, !transposeB);
        for (var i = 0; i < c.Rows; i++)
        {
            var target = c.Row<T>(i);
            for (var j = 0; j < c.Cols; j++)
            {
                var sum = T.Zero;
                for (var p = 0; p < rows[i].Length; p++)
                    sum += rows[i][p] * columns[j][p];
                Elements<T>.Accumulate(ref target[j], T.CreateTruncating(alpha) * sum, beta);
            }
        }
    }
}
