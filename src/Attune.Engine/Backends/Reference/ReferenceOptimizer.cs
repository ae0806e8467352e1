using System.Numerics;
using Attune.Engine.Formats;

namespace Attune.Engine.Backends;

/// <summary>Updates of weights, one element at a time.</summary>
internal sealed class ReferenceOptimizer<T> : IOptimizerKernels where T : unmanaged, IFloatingPointIeee754<T>
{
    public double SumOfSquares(Tensor x) => Fold(x, static value => value * value);

    public double Sum(Tensor x) => Fold(x, static value => value);

    public void AdamW(Tensor weights, Tensor gradients, Tensor m, Tensor v, in AdamWStep step)
    {
        var (rate, epsilon) = (T.CreateTruncating(step.LearningRate), T.CreateTruncating(step.Epsilon));
        var (beta1, beta2) = (T.CreateTruncating(step.Beta1), T.CreateTruncating(step.Beta2));
        var correction1 = T.CreateTruncating(1 - Math.Pow(step.Beta1, step.Step));
        var correction2 = T.CreateTruncating(1 - Math.Pow(step.Beta2, step.Step));
        for (var r = 0; r < weights.Rows; r++)
            for (var c = 0; c < weights.Cols; c++)
            {
                ref var w = ref weights.At<T>(r, c);
                ref var first = ref m.At<T>(r, c);
                ref var second = ref v.At<T>(r, c);
                var g = T.CreateTruncating(step.GradientScale) * gradients.At<T>(r, c);
                first = beta1 * first + (T.One - beta1) * g;
                second = beta2 * second + (T.One - beta2) * g * g;
                w -= rate * T.CreateTruncating(step.WeightDecay) * w;
                w -= rate * (first / correction1) / (T.Sqrt(second / correction2) + epsilon);
            }
    }

    public void AdamW8(Tensor weights, Tensor gradients, ByteMoments moments, in AdamWStep step)
    {
        Tensor first = Tensor.Allocate(weights.Type, 1, ByteMoments.BlockLength), second = Tensor.Allocate(weights.Type, 1, ByteMoments.BlockLength);
        for (var start = 0; start < weights.Cols; start += ByteMoments.BlockLength)
        {
            var count = Math.Min(ByteMoments.BlockLength, weights.Cols - start);
            for (var i = 0; i < count; i++)
            {
                first.At<T>(0, i) = T.CreateTruncating(moments.First(start + i));
                second.At<T>(0, i) = T.CreateTruncating(moments.Second(start + i));
            }
            AdamW(weights.ColRange(start, count), gradients.ColRange(start, count), first.ColRange(0, count), second.ColRange(0, count), step);
            Round(first.Row<T>(0)[..count], moments.M.Row<byte>(0).Slice(start, count), ref moments.MScales.At<float>(0, start / ByteMoments.BlockLength), DynamicCodes.Signed, 0);
            Round(second.Row<T>(0)[..count], moments.V.Row<byte>(0).Slice(start, count), ref moments.VScales.At<float>(0, start / ByteMoments.BlockLength), DynamicCodes.Unsigned, 1);
        }
    }

    private static void Round(ReadOnlySpan<T> values, Span<byte> codes, ref float scale, DynamicCodes map, byte leastOfSome)
    {
        var largest = T.Zero;
        foreach (var value in values)
            largest = T.Max(largest, T.Abs(value));
        scale = float.CreateTruncating(largest);
        for (var i = 0; i < values.Length; i++)
        {
            codes[i] = map.Nearest(scale == 0 ? 0 : float.CreateTruncating(values[i] / largest));
            if (values[i] > T.Zero)
                codes[i] = Math.Max(codes[i], leastOfSome);
        }
    }

    private static double Fold(Tensor x, Func<double, double> term)
    {
        if (x.Block.Storage.IsPretend)
            return 0;
        var sum = 0.0;
        for (var r = 0; r < x.Rows; r++)
            for (var c = 0; c < x.Cols; c++)
                sum += term(x.Read(r, c));
        return sum;
    }
}
