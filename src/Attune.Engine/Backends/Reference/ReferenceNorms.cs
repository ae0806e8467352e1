using System.Numerics;

namespace Attune.Engine.Backends;

/// <summary>Normalisations, row by row.</summary>
internal sealed class ReferenceNorms<T> : INormKernels where T : unmanaged, IFloatingPointIeee754<T>
{
    public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y, Tensor? rstd)
    {
        var w = Elements<T>.Row(weight, 0);
        for (var t = 0; t < x.Rows; t++)
        {
            var row = x.Row<T>(t);
            var result = y.Row<T>(t);
            var squares = T.Zero;
            foreach (var value in row)
                squares += value * value;
            var r = T.One / T.Sqrt(squares / T.CreateTruncating(row.Length) + T.CreateTruncating(epsilon));
            for (var c = 0; c < row.Length; c++)
                result[c] = row[c] * r * w[c];
            if (rstd is not null)
                rstd.At<T>(0, t) = r;
        }
    }

    // With x̂ = x·r and g = dy·w:  dx = r · (g − x̂ · mean(g·x̂)),  dw = Σ dy·x̂.
    public void RmsNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor rstd, Tensor? dx, float betaX, Tensor? dWeight, float betaW)
    {
        var w = Elements<T>.Row(weight, 0);
        var dw = new T[x.Cols];
        for (var t = 0; t < x.Rows; t++)
        {
            var row = x.Row<T>(t);
            var upstream = dy.Row<T>(t);
            var r = rstd.At<T>(0, t);
            var mean = T.Zero;
            for (var c = 0; c < row.Length; c++)
            {
                mean += upstream[c] * w[c] * row[c] * r;
                dw[c] += upstream[c] * row[c] * r;
            }
            mean /= T.CreateTruncating(row.Length);
            for (var c = 0; dx is not null && c < row.Length; c++)
                Elements<T>.Accumulate(ref dx.At<T>(t, c), r * (upstream[c] * w[c] - row[c] * r * mean), betaX);
        }
        AccumulateRow(dw, dWeight, betaW);
    }

    public void LayerNorm(Tensor x, Tensor weight, Tensor? bias, float epsilon, Tensor y, Tensor? mean, Tensor? rstd)
    {
        var w = Elements<T>.Row(weight, 0);
        var b = bias is null ? new T[x.Cols] : Elements<T>.Row(bias, 0);
        var count = T.CreateTruncating(x.Cols);
        for (var t = 0; t < x.Rows; t++)
        {
            var row = x.Row<T>(t);
            var result = y.Row<T>(t);
            var (sum, squares) = (T.Zero, T.Zero);
            foreach (var value in row)
                sum += value;
            var m = sum / count;
            foreach (var value in row)
                squares += (value - m) * (value - m);
            var r = T.One / T.Sqrt(squares / count + T.CreateTruncating(epsilon));
            for (var c = 0; c < row.Length; c++)
                result[c] = (row[c] - m) * r * w[c] + b[c];
            if (mean is not null)
                mean.At<T>(0, t) = m;
            if (rstd is not null)
                rstd.At<T>(0, t) = r;
        }
    }

    // With x̂ = (x − m)·r and g = dy·w:  dx = r · (g − mean(g) − x̂ · mean(g·x̂)),  dw = Σ dy·x̂,  db = Σ dy.
    public void LayerNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor mean, Tensor rstd,
        Tensor? dx, float betaX, Tensor? dWeight, float betaW, Tensor? dBias, float betaB)
    {
        var w = Elements<T>.Row(weight, 0);
        var (dw, db) = (new T[x.Cols], new T[x.Cols]);
        var count = T.CreateTruncating(x.Cols);
        for (var t = 0; t < x.Rows; t++)
        {
            var row = x.Row<T>(t);
            var upstream = dy.Row<T>(t);
            var m = mean.At<T>(0, t);
            var r = rstd.At<T>(0, t);
            var (meanG, meanGX) = (T.Zero, T.Zero);
            for (var c = 0; c < row.Length; c++)
            {
                var normal = (row[c] - m) * r;
                meanG += upstream[c] * w[c] / count;
                meanGX += upstream[c] * w[c] * normal / count;
                dw[c] += upstream[c] * normal;
                db[c] += upstream[c];
            }
            for (var c = 0; dx is not null && c < row.Length; c++)
                Elements<T>.Accumulate(ref dx.At<T>(t, c), r * (upstream[c] * w[c] - meanG - (row[c] - m) * r * meanGX), betaX);
        }
        AccumulateRow(dw, dWeight, betaW);
        AccumulateRow(db, dBias, betaB);
    }

    private static void AccumulateRow(T[] values, Tensor? target, float beta)
    {
        for (var c = 0; target is not null && c < values.Length; c++)
            Elements<T>.Accumulate(ref target.At<T>(0, c), values[c], beta);
    }

    public void LowRankNorms(Tensor squares, Tensor b, Tensor h, Tensor norms)
    {
        for (var j = 0; j < norms.Cols; j++)
        {
            var sum = squares.At<T>(0, j);
            for (var r = 0; r < b.Cols; r++)
                sum += b.At<T>(j, r) * h.At<T>(r, j);
            norms.At<T>(0, j) = T.Sqrt(sum);
        }
    }
}
