using Attune.Problems;

namespace Attune.Evaluation.Metrics;

/// <summary>What a metric is computed from.</summary>
[Flags]
public enum Evidence
{
    /// <summary>The loss of every token that counts, with the right text before it.</summary>
    Losses = 1,

    /// <summary>Answers that the model wrote.</summary>
    Answers = 2,

    /// <summary>The log-likelihood of every choice of every question.</summary>
    Choices = 4,
}

/// <summary>What was seen of one model; of what no metric needs, nothing.</summary>
/// <param name="Losses">By row.</param>
/// <param name="Questions">What was asked.</param>
/// <param name="Answers">What the model wrote, one per question.</param>
/// <param name="Choices">What it found likely.</param>
public sealed record Observed(LossResult Losses, IReadOnlyList<Question> Questions, IReadOnlyList<Answer> Answers, IReadOnlyList<ChoiceScores> Choices);

/// <summary>One number of a metric, with the rows that it came from.</summary>
/// <param name="Name">For tables.</param>
/// <param name="Unit">How it is shown.</param>
/// <param name="Rows">Row by row.</param>
/// <param name="Confusion">What was taken for what, where answers are labels.</param>
public sealed record Score(string Name, MetricUnit Unit, RowScores Rows, Confusion? Confusion = null);

/// <summary>One way of measuring, configured. To add one: a file here and a line in <see cref="MetricTable"/>.</summary>
public abstract class Metric
{
    /// <summary>As a recipe writes it: <c>numeric:0.01</c>.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>What it is computed from.</summary>
    public abstract Evidence Needs { get; }

    /// <summary>The numbers, the most telling first.</summary>
    public abstract IEnumerable<Score> Measure(Observed seen);

    /// <summary>Whether an answer is right; null where the metric does not call single answers right or wrong.</summary>
    public virtual bool? IsRight(string expected, string written) => null;

    /// <summary>What is wrong with a question for this metric; null where nothing is.</summary>
    public virtual Problem? Check(Question question) => null;
}

/// <summary>A metric that holds each written answer against the expected one.</summary>
/// <param name="shown">For tables.</param>
/// <param name="of">Expected and written → 0 to 1.</param>
internal sealed class AnswerMetric(string shown, Func<string, string, double> of) : Metric
{
    public override Evidence Needs => Evidence.Answers;

    public override IEnumerable<Score> Measure(Observed seen)
    {
        var scores = seen.Questions.Zip(seen.Answers, (q, a) => of(q.Expected, a.Text));
        yield return new Score(shown, MetricUnit.Fraction, new MeanScores(scores));
    }
}

/// <summary>A metric that calls each written answer right or wrong.</summary>
/// <param name="shown">For tables.</param>
/// <param name="isRight">Expected and written → whether it is right.</param>
/// <param name="check">What is wrong with an expected answer, and the remedy; null where nothing is.</param>
internal sealed class RightMetric(string shown, Func<string, string, bool> isRight, Func<string, (string Message, string Remedy)?>? check = null) : Metric
{
    public override Evidence Needs => Evidence.Answers;

    public override IEnumerable<Score> Measure(Observed seen)
    {
        yield return new Score(shown, MetricUnit.Fraction, new MeanScores([.. seen.Questions.Zip(seen.Answers, (q, a) => isRight(q.Expected, a.Text))]));
    }

    public override bool? IsRight(string expected, string written) => isRight(expected, written);

    public override Problem? Check(Question question) => check?.Invoke(question.Expected) is var (message, remedy)
        ? new Problem(question.Place, $"{Name}: {message}", remedy)
        : null;
}
