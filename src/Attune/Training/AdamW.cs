using Attune.Engine.Backends;

namespace Attune.Training;

/// <summary>Settings of AdamW (Loshchilov and Hutter 2019).</summary>
public sealed record AdamWOptions
{
    /// <summary>β₁.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>β₂.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>ε.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled decay of matrices.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Gradients are scaled down to this global norm; 0 never.</summary>
    public double Clip { get; init; } = 1;
}

/// <summary>Updates trained weights from their gradients; how their moments are held is the weights' affair.</summary>
public sealed class AdamW(TrainedWeights weights, Backend backend, AdamWOptions options)
{
    /// <summary>√Σg² over everything that trains.</summary>
    public double GradientNorm() => Math.Sqrt(weights.Buckets.Sum(b => backend.Optimizer.SumOfSquares(b.Gradients)));

    /// <summary>One update.</summary>
    /// <param name="learningRate">The rate of this step.</param>
    /// <param name="step">Steps done with this one, from 1.</param>
    /// <param name="gradientNorm">What <see cref="GradientNorm"/> gave; finite.</param>
    public void Step(double learningRate, int step, double gradientNorm)
    {
        var scale = options.Clip > 0 && gradientNorm > options.Clip ? options.Clip / gradientNorm : 1;
        foreach (var bucket in weights.Buckets)
        {
            var numbers = new AdamWStep(
                (float)(learningRate * bucket.Rate), (float)options.Beta1, (float)options.Beta2, (float)options.Epsilon,
                bucket.Decays ? (float)options.WeightDecay : 0, step, (float)scale);
            if (bucket.Scales is { } scales)
                backend.Optimizer.AdamW8(bucket.Values, bucket.Gradients, new ByteMoments(bucket.M, scales.M, bucket.V, scales.V), numbers);
            else
                backend.Optimizer.AdamW(bucket.Values, bucket.Gradients, bucket.M, bucket.V, numbers);
        }
        foreach (var p in weights.Parameters)
            p.Changed();
    }
}
