namespace Attune.Adapters;

/// <summary>Eigenvalues and eigenvectors of small symmetric matrices, by Jacobi's rotations (Golub and Van Loan, section 8.5).</summary>
internal static class SymmetricEigen
{
    private const int MostSweeps = 30;

    /// <summary>Values in falling order, and vectors as the columns of the same number.</summary>
    /// <param name="matrix">[n, n]; overwritten.</param>
    public static (double[] Values, double[,] Vectors) Solve(double[,] matrix)
    {
        var n = matrix.GetLength(0);
        var vectors = new double[n, n];
        for (var i = 0; i < n; i++)
            vectors[i, i] = 1;
        for (var sweep = 0; sweep < MostSweeps && !IsDiagonal(matrix); sweep++)
        {
            for (var p = 0; p < n - 1; p++)
            {
                for (var q = p + 1; q < n; q++)
                    Rotate(matrix, vectors, p, q);
            }
        }
        var order = Enumerable.Range(0, n).OrderByDescending(i => matrix[i, i]).ToArray();
        var sorted = new double[n, n];
        for (var c = 0; c < n; c++)
        {
            for (var r = 0; r < n; r++)
                sorted[r, c] = vectors[r, order[c]];
        }
        return ([.. order.Select(i => matrix[i, i])], sorted);
    }

    private static bool IsDiagonal(double[,] matrix)
    {
        double on = 0, off = 0;
        for (var r = 0; r < matrix.GetLength(0); r++)
        {
            for (var c = 0; c < matrix.GetLength(1); c++)
            {
                var square = matrix[r, c] * matrix[r, c];
                (on, off) = r == c ? (on + square, off) : (on, off + square);
            }
        }
        return off <= 1e-28 * on;
    }

    // Makes [p, q] zero.
    private static void Rotate(double[,] m, double[,] vectors, int p, int q)
    {
        if (m[p, q] == 0)
            return;
        var theta = (m[q, q] - m[p, p]) / (2 * m[p, q]);
        var t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        var c = 1 / Math.Sqrt(t * t + 1);
        var s = t * c;
        var n = m.GetLength(0);
        for (var k = 0; k < n; k++)
            (m[k, p], m[k, q]) = (c * m[k, p] - s * m[k, q], s * m[k, p] + c * m[k, q]);
        for (var k = 0; k < n; k++)
            (m[p, k], m[q, k]) = (c * m[p, k] - s * m[q, k], s * m[p, k] + c * m[q, k]);
        for (var k = 0; k < n; k++)
            (vectors[k, p], vectors[k, q]) = (c * vectors[k, p] - s * vectors[k, q], s * vectors[k, p] + c * vectors[k, q]);
    }
}
