namespace Attune.Training;

/// <summary>Shape of the learning rate after the warm-up.</summary>
public enum LearningRateShape
{
    /// <summary>Falls along a straight line to zero.</summary>
    Linear,

    /// <summary>Falls along half a cosine to zero (Loshchilov and Hutter 2016).</summary>
    Cosine,

    /// <summary>Stays.</summary>
    Constant,
}

/// <summary>The learning rate as a function of the step: a pure function, so that a resumed run needs no state of it.</summary>
/// <param name="Peak">Highest value.</param>
/// <param name="Shape">Shape after the warm-up.</param>
/// <param name="WarmupSteps">Steps in which it rises along a straight line; the first of them is not zero.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
public sealed record LearningRate(double Peak, LearningRateShape Shape, int WarmupSteps, int TotalSteps)
{
    /// <summary>The rate of step <paramref name="step"/>, counted from 0.</summary>
    public double At(int step)
    {
        if (step < WarmupSteps)
            return Peak * (step + 1) / WarmupSteps;
        var progress = Math.Min(1, (double)(step - WarmupSteps) / Math.Max(1, TotalSteps - WarmupSteps));
        return Shape switch
        {
            LearningRateShape.Linear => Peak * (1 - progress),
            LearningRateShape.Cosine => Peak * 0.5 * (1 + Math.Cos(Math.PI * progress)),
            _ => Peak,
        };
    }
}
