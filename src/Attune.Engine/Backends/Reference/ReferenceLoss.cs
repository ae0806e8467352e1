using System.Numerics;

namespace Attune.Engine.Backends;

/// <summary>Losses over whole rows of logits.</summary>
internal sealed class ReferenceLoss<T> : ILossKernels where T : unmanaged, IFloatingPointIeee754<T>
{
    public void CrossEntropy(Tensor logits, Tensor targets, Tensor weights, float scale, Tensor losses, bool gradients, float smoothing)
    {
        var (own, each) = (T.One - T.CreateTruncating(smoothing), T.CreateTruncating(smoothing) / T.CreateTruncating(logits.Cols));
        for (var i = 0; i < logits.Rows; i++)
        {
            var z = logits.Row<T>(i);
            var target = targets.At<int>(0, i);
            var weight = weights.At<T>(0, i);
            if ((uint)target >= (uint)z.Length)
                throw new ArgumentOutOfRangeException(nameof(targets), target, $"target {i} is not a column of {logits}");
            var (max, sum, total) = (T.NegativeInfinity, T.Zero, T.Zero);
            foreach (var value in z)
                max = T.Max(max, value);
            foreach (var value in z)
                sum += T.Exp(value - max);
            foreach (var value in z)
                total += value;
            var logSum = max + T.Log(sum);
            losses.At<T>(0, i) = weight * (logSum - own * z[target] - (smoothing == 0 ? T.Zero : each * total));
            for (var c = 0; gradients && c < z.Length; c++)
                z[c] = T.CreateTruncating(scale) * weight * (T.Exp(z[c] - logSum) - (c == target ? own : T.Zero) - each);
        }
    }

    public void Divergence(
        Tensor logits, Tensor teacher, Tensor weights, Divergence divergence, float temperature, float scale, Tensor losses, bool gradients)
    {
        T a = T.CreateTruncating(divergence.A), b = T.CreateTruncating(divergence.B), share = T.CreateTruncating(divergence.C);
        var heat = T.CreateTruncating(temperature);
        for (var i = 0; i < logits.Rows; i++)
        {
            var (lnP, lnQ) = (LogSoftmax(teacher.Row<T>(i), heat), LogSoftmax(logits.Row<T>(i), heat));
            var weight = weights.At<T>(0, i);
            var (sum, mean, slopes) = (T.Zero, T.Zero, new T[lnP.Length]);
            for (var c = 0; c < lnP.Length; c++)
            {
                var (p, q) = (T.Exp(lnP[c]), T.Exp(lnQ[c]));
                var m = share * p + (T.One - share) * q;
                sum += a * p * (lnP[c] - T.Log(m)) + b * q * (lnQ[c] - T.Log(m));
                slopes[c] = b * (lnQ[c] - T.Log(m) + T.One) - (T.One - share) * (a * p + b * q) / m;
                mean += q * slopes[c];
            }
            losses.At<T>(0, i) = weight * heat * heat * sum;
            for (var c = 0; gradients && c < lnP.Length; c++)
                teacher.At<T>(i, c) = T.CreateTruncating(scale) * weight * heat * T.Exp(lnQ[c]) * (slopes[c] - mean);
        }
    }

    public void Distance(Tensor rows, Tensor targets, Tensor weights, RowDistance distance, float scale, Tensor losses, bool gradients)
    {
        var least = T.CreateTruncating(RowDistances.LeastSquare);
        for (var i = 0; i < rows.Rows; i++)
        {
            var x = rows.Row<T>(i);
            var t = targets.Row<T>(i);
            var weight = weights.At<T>(0, i);
            var (xx, xt, tt, apart) = (T.Zero, T.Zero, T.Zero, T.Zero);
            for (var c = 0; c < x.Length; c++)
            {
                (xx, xt, tt) = (xx + x[c] * x[c], xt + x[c] * t[c], tt + t[c] * t[c]);
                apart += (x[c] - t[c]) * (x[c] - t[c]);
            }
            (xx, tt) = (T.Max(least, xx), T.Max(least, tt));
            var (length, factor, two) = (T.Sqrt(xx * tt), T.CreateTruncating(scale) * weight, T.One + T.One);
            losses.At<T>(0, i) = weight * (distance == RowDistance.Squared ? apart / tt : T.One - xt / length);
            for (var c = 0; gradients && c < x.Length; c++)
                x[c] = factor * (distance == RowDistance.Squared ? two * (x[c] - t[c]) / tt : x[c] * xt / (length * xx) - t[c] / length);
        }
    }

    private static T[] LogSoftmax(ReadOnlySpan<T> z, T temperature)
    {
        var (max, sum) = (T.NegativeInfinity, T.Zero);
        foreach (var value in z)
            max = T.Max(max, value / temperature);
        foreach (var value in z)
            sum += T.Exp(value / temperature - max);
        var logSum = max + T.Log(sum);
        var result = new T[z.Length];
        for (var c = 0; c < z.Length; c++)
            result[c] = T.Max(T.CreateTruncating(Backends.Divergence.LeastLog), z[c] / temperature - logSum);
        return result;
    }
}
