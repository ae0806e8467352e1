namespace Attune.Evaluation;

/// <summary>How a metric's numbers are shown, and which direction is the good one.</summary>
public enum MetricUnit
{
    /// <summary>A fraction from 0 to 1, shown in percent; differences are shown in points.</summary>
    Fraction,

    /// <summary>A loss in nats per token; lower is better.</summary>
    Loss,

    /// <summary>e to a loss; lower is better.</summary>
    Perplexity,

    /// <summary>A plain number; higher is better.</summary>
    Number,
}
