using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;
using Attune.Models;

namespace Attune.Adapters;

/// <summary>
/// The best approximation of a weight by a product of low rank, found by subspace iteration with oversampling (Halko et al. 2011, algorithm 4.4) and a small
/// eigenvalue problem in F64. The weight may be in any format: it is only ever the right operand of products.
/// </summary>
internal static class PrincipalPart
{
    private const int Oversampling = 10;
    private const int Iterations = 4;

    /// <summary>Fills A [R, in] and B [out, R] so that s·B·A is the part of W of its R largest singular values, shared evenly.</summary>
    /// <param name="layer">W.</param>
    /// <param name="a">A, F32.</param>
    /// <param name="b">B, F32.</param>
    /// <param name="scale">s.</param>
    /// <param name="start">Key, products and memory; on pretended memory nothing is filled.</param>
    public static void Find(Linear layer, Tensor a, Tensor b, float scale, AdapterStart start)
    {
        var rank = a.Rows;
        var count = Math.Min(rank + Oversampling, Math.Min(layer.In, layer.Out));
        using var tape = new Tape(start.Backend, start.Arena, record: false);
        using var left = tape.Scratch(count, layer.Out);
        using var right = tape.Scratch(count, layer.In);
        var weight = layer.Weight.Value;
        if (!start.Arena.IsPretend)
            Draw(right.Value, start.Key.For(layer.Path));
        float[][] q = [];
        for (var i = 0; i < Iterations; i++)
        {
            tape.ExactProduct(right.Value, false, weight, !layer.ByInputs, left.Value);
            if (!start.Arena.IsPretend)
                Put(q = Orthonormal(Rows(left.Value)), left.Value);
            tape.ExactProduct(left.Value, false, weight, layer.ByInputs, right.Value);
            if (!start.Arena.IsPretend && i < Iterations - 1)
                Put(Orthonormal(Rows(right.Value)), right.Value);
        }
        if (start.Arena.IsPretend)
            return;
        Split(q, Rows(right.Value), a, b, scale);
    }

    // With rows of Q orthonormal and C = Q·W: C·Cᵀ = E·Λ·Eᵀ gives σ = √λ, u = Qᵀ·e and v = Cᵀ·e / σ.
    private static void Split(float[][] q, float[][] c, Tensor a, Tensor b, float scale)
    {
        var n = q.Length;
        var gram = new double[n, n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
                gram[i, j] = gram[j, i] = Dot(c[i], c[j]);
        }
        var (values, vectors) = SymmetricEigen.Solve(gram);
        a.Clear();
        b.Clear();
        for (var r = 0; r < a.Rows; r++)
        {
            var sigma = Math.Sqrt(Math.Max(0, values[r]));
            if (sigma < 1e-30)
                continue;
            for (var i = 0; i < n; i++)
            {
                AddScaled(c[i], vectors[i, r] / Math.Sqrt(sigma * scale), a.Row<float>(r));
                var factor = vectors[i, r] * Math.Sqrt(sigma / scale);
                for (var o = 0; o < q[i].Length; o++)
                    b.At<float>(o, r) += (float)(factor * q[i][o]);
            }
        }
    }

    private static void Draw(Tensor x, RandomKey key)
    {
        var row = new float[x.Cols];
        for (var r = 0; r < x.Rows; r++)
        {
            for (var c = 0; c < row.Length; c++)
                row[c] = (float)key.Normal((long)r * row.Length + c);
            x.RowRange(r, 1).Write(row);
        }
    }

    // Gram and Schmidt, twice: once leaves what rounding leaves of rows that are nearly alike. A row that is a sum of the others becomes zero.
    private static float[][] Orthonormal(float[][] x)
    {
        for (var r = 0; r < x.Length; r++)
        {
            var row = x[r];
            var before = Math.Sqrt(Dot(row, row));
            for (var pass = 0; pass < 2; pass++)
            {
                for (var i = 0; i < r; i++)
                    AddScaled(x[i], -Dot(x[i], row), row);
            }
            var length = Math.Sqrt(Dot(row, row));
            var factor = length > 1e-6 * before ? 1 / length : 0;
            for (var c = 0; c < row.Length; c++)
                row[c] = (float)(row[c] * factor);
        }
        return x;
    }

    private static float[][] Rows(Tensor x) => [.. Enumerable.Range(0, x.Rows).Select(r => x.RowRange(r, 1).ToArray())];

    private static void Put(float[][] rows, Tensor x)
    {
        for (var r = 0; r < rows.Length; r++)
            x.RowRange(r, 1).Write(rows[r]);
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        var i = 0;
        for (; i + 4 <= a.Length; i += 4)
        {
            s0 += (double)a[i] * b[i];
            s1 += (double)a[i + 1] * b[i + 1];
            s2 += (double)a[i + 2] * b[i + 2];
            s3 += (double)a[i + 3] * b[i + 3];
        }
        for (; i < a.Length; i++)
            s0 += (double)a[i] * b[i];
        return s0 + s1 + (s2 + s3);
    }

    private static void AddScaled(ReadOnlySpan<float> x, double factor, Span<float> y)
    {
        for (var i = 0; i < y.Length; i++)
            y[i] = (float)(y[i] + factor * x[i]);
    }
}
