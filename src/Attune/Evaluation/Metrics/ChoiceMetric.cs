namespace Attune.Evaluation.Metrics;

/// <summary>What a model found likely among the choices of one question.</summary>
/// <param name="LogLikelihoods">Σ ln p of each choice's tokens, the stop token that ends it among them.</param>
/// <param name="Bytes">Bytes of each choice as UTF-8, at least 1.</param>
/// <param name="Right">Which choice is the expected one.</param>
public sealed record ChoiceScores(IReadOnlyList<double> LogLikelihoods, IReadOnlyList<int> Bytes, int Right)
{
    /// <summary>How many choices, from the first, are true, where several are; 0 where one is expected.</summary>
    public int True { get; init; }

    /// <summary>Where there is one answer alone: whether it is a right one.</summary>
    public bool? Flag { get; init; }

    /// <summary>Log-likelihood per byte of a choice.</summary>
    public double PerByte(int choice) => LogLikelihoods[choice] / Bytes[choice];

    /// <summary>The most likely choice; of equals the first.</summary>
    public int Plain => Best(static (likelihood, _) => likelihood);

    /// <summary>The choice with the highest likelihood per byte: long choices are not punished for their length. Of equals the first.</summary>
    public int Normalized => Best(static (likelihood, bytes) => likelihood / bytes);

    private int Best(Func<double, int, double> value)
    {
        var best = 0;
        for (var i = 1; i < LogLikelihoods.Count; i++)
        {
            if (value(LogLikelihoods[i], Bytes[i]) > value(LogLikelihoods[best], Bytes[best]))
                best = i;
        }
        return best;
    }
}

/// <summary>
/// Multiple choice without generation: the choice that the model finds most likely after the prompt is its answer. Choices come from
/// a column of the rows (<c>choice:COLUMN</c>), or are all answers that are expected anywhere in the test rows.
/// </summary>
/// <param name="column">The column; null for the set of labels.</param>
internal sealed class ChoiceMetric(string? column) : Metric
{
    public string? Column => column;

    public override Evidence Needs => Evidence.Choices;

    public override IEnumerable<Score> Measure(Observed seen)
    {
        yield return new Score("right choice by likelihood", MetricUnit.Fraction, new MeanScores([.. seen.Choices.Select(static c => c.Plain == c.Right)]));
        yield return new Score("right choice by likelihood per byte", MetricUnit.Fraction, new MeanScores([.. seen.Choices.Select(static c => c.Normalized == c.Right)]));
    }
}
