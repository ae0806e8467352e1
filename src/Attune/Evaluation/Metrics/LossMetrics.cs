namespace Attune.Evaluation.Metrics;

/// <summary>Metrics of the expected text itself, token by token, each token with the right text before it. Nothing is generated.</summary>
internal sealed class LossMetric(string shown, MetricUnit unit, Func<LossResult, RowScores> scores) : Metric
{
    /// <summary>Loss: the mean of −ln p over all tokens that count, in nats.</summary>
    public static LossMetric Loss() => new("loss on test rows", MetricUnit.Loss, Mean);

    /// <summary>Perplexity: e to the loss.</summary>
    public static LossMetric Perplexity() => new("perplexity on test rows", MetricUnit.Perplexity, static l => Of(l, static e => e.Sum, Math.Exp));

    /// <summary>Token accuracy: the share of tokens that the model finds the most likely (of equals the first in the vocabulary).</summary>
    public static LossMetric TokenAccuracy() => new("tokens guessed right", MetricUnit.Fraction, static l => Of(l, static e => e.Hits, null));

    public override Evidence Needs => Evidence.Losses;

    public override IEnumerable<Score> Measure(Observed seen)
    {
        yield return new Score(shown, unit, scores(seen.Losses));
    }

    /// <summary>The mean loss, with the rows weighed by their tokens.</summary>
    public static RowScores Mean(LossResult losses) => Of(losses, static e => e.Sum, null);

    private static MeanScores Of(LossResult losses, Func<ExampleLoss, double> sum, Func<double, double>? of) =>
        new([.. losses.Examples.Select(sum)], [.. losses.Examples.Select(static e => (double)e.Tokens)], of);
}
