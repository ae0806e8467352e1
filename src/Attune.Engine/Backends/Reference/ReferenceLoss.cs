using System.Numerics;

namespace Attune.Engine.Backends;

/// <summary>Losses over whole rows of logits.</summary>
internal sealed class ReferenceLoss<T> : ILossKernels where T : unmanaged, IFloatingPointIeee754<T>
{
    public void CrossEntropy(Tensor logits, Tensor targets, Tensor weights, float scale, Tensor losses, bool gradients)
    {
        for (var i = 0; i < logits.Rows; i++)
        {
            var z = logits.Row<T>(i);
            var target = targets.At<int>(0, i);
            var weight = weights.At<T>(0, i);
            if ((uint)target >= (uint)z.Length)
                throw new ArgumentOutOfRangeException(nameof(targets), target, $"target {i} is not a column of {logits}");
            var (max, sum) = (T.NegativeInfinity, T.Zero);
            foreach (var value in z)
                max = T.Max(max, value);
            foreach (var value in z)
                sum += T.Exp(value - max);
            var logSum = max + T.Log(sum);
            losses.At<T>(0, i) = weight * (logSum - z[target]);
            for (var c = 0; gradients && c < z.Length; c++)
                z[c] = T.CreateTruncating(scale) * weight * (T.Exp(z[c] - logSum) - (c == target ? T.One : T.Zero));
        }
    }
}
