using Attune.Data;
using Attune.Evaluation.Metrics;
using Attune.Problems;
using Attune.Text;

namespace Attune.Evaluation;

/// <summary>What a measurement is asked for, before anything is known about the rows.</summary>
/// <param name="Metrics">Names; none for those that fit the answers.</param>
/// <param name="Rows">Most rows that are answered; 0 for none.</param>
/// <param name="Samples">Answers that are shown, whether or not a metric needs them.</param>
public sealed record Wish(IReadOnlyList<string> Metrics, int Rows, int Samples);

/// <summary>What is asked of a model on the test rows.</summary>
/// <param name="Metrics">How it is judged, the most telling first.</param>
/// <param name="Questions">What it answers.</param>
/// <param name="Choices">What it chooses among.</param>
/// <param name="Reason">The rule that chose the metrics; null where they were given.</param>
public sealed record Asked(IReadOnlyList<Metric> Metrics, IReadOnlyList<Question> Questions, IReadOnlyList<ChoiceQuestion> Choices, string? Reason)
{
    /// <summary>Everything that some metric is computed from.</summary>
    public Evidence Needs => Metrics.Aggregate(default(Evidence), static (all, m) => all | m.Needs);

    /// <summary>Examples of all choices of all questions.</summary>
    public IEnumerable<Example> ChoiceExamples => Choices.SelectMany(static c => c.Examples);

    /// <summary>Whether an answer is right, by the first metric that calls single answers right or wrong; null where none does.</summary>
    public bool? IsRight(int question, Answer answer) =>
        Metrics.Select(m => m.IsRight(Questions[question].Expected, answer.Text)).FirstOrDefault(static r => r is not null);

    /// <summary>Decides it.</summary>
    /// <param name="test">The test rows.</param>
    /// <param name="files">Where they come from.</param>
    /// <param name="wish">What is asked for.</param>
    /// <param name="stopIds">Ids that end an answer.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <exception cref="UserErrorException">A metric does not fit the rows; each row is named.</exception>
    public static Asked Of(IReadOnlyList<Example> test, IReadOnlyList<DataSource> files, Wish wish, IReadOnlyCollection<int> stopIds, Tokenizer tokenizer)
    {
        var all = Question.Of(test, wish.Rows == 0 ? 0 : int.MaxValue, stopIds, tokenizer);
        IReadOnlyList<Question> questions = [.. Question.Spread(all, wish.Rows)];
        var (names, reason) = wish.Metrics.Count > 0 ? (wish.Metrics, null) : MetricDefaults.For([.. questions.Select(static q => q.Expected)]);
        var asked = new Asked(MetricTable.ParseAll(names), questions, [], reason);
        if ((asked.Needs & ~Evidence.Losses) != 0 && questions.Count == 0)
        {
            var metric = asked.Metrics.First(static m => (m.Needs & ~Evidence.Losses) != 0);
            throw new UserErrorException(
                $"metric {metric.Name}", wish.Rows == 0 ? "needs rows that are answered, and their number is 0" : "needs questions with answers, and the test rows are running text",
                "choose among loss, perplexity and token-accuracy" + (wish.Rows == 0 ? ", or raise the number" : ""));
        }
        Check(asked);
        var choices = asked.Metrics.OfType<ChoiceMetric>().ToArray();
        if (choices.Length > 1)
            throw new UserErrorException("metrics", "choice is given twice", "keep one of the two");
        return asked with
        {
            // Where no metric reads answers, only those that are shown are written.
            Questions = asked.Needs.HasFlag(Evidence.Answers) ? questions : [.. Question.Spread(questions, wish.Samples)],
            Choices = choices is not [var choice] ? []
                : choice.Column is { } column ? ChoiceQuestion.OfColumn(questions, column, RowColumn.Read(files, column), tokenizer, stopIds)
                : ChoiceQuestion.OfLabels(questions, all),
        };
    }

    private static void Check(Asked asked)
    {
        var problems = asked.Metrics.SelectMany(m => asked.Questions.Select(m.Check).OfType<Problem>()).Take(20).ToArray();
        if (problems.Length > 0)
            throw new UserErrorException(problems);
    }
}
