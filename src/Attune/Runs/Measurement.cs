using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Evaluation.Metrics;
using Attune.Models;
using Attune.Objectives;
using Attune.Problems;
using Attune.Reports;
using Attune.Text;

namespace Attune.Runs;

/// <summary>What a model is measured on.</summary>
public sealed record MeasuredRows
{
    /// <summary>Rows whose loss is measured.</summary>
    public required IReadOnlyList<Example> Test { get; init; }

    /// <summary>General text; may be none.</summary>
    public required IReadOnlyList<Example> General { get; init; }

    /// <summary>What is asked, and how the answers are judged.</summary>
    public required Asked Asked { get; init; }

    /// <summary>Most tokens of an answer.</summary>
    public required int MaxNewTokens { get; init; }

    /// <summary>Ids that end an answer.</summary>
    public required IReadOnlyList<int> StopIds { get; init; }

    /// <summary>Rows of a pass; no example has more positions.</summary>
    public required int PassRows { get; init; }

    /// <summary>What is known of the rows, and what learns of them; null for nothing.</summary>
    public PrefixCache? Prefix { get; init; }

    /// <summary>The questions whose answers are shown, spread over all.</summary>
    public IEnumerable<int> Shown(int samples) => Question.Spread([.. Enumerable.Range(0, Asked.Questions.Count)], samples);

    /// <summary>Refuses choices that are longer than the model has positions for.</summary>
    /// <exception cref="UserErrorException">One is.</exception>
    internal static void RequirePositions(Asked asked, int positions)
    {
        if (asked.ChoiceExamples.FirstOrDefault(e => e.Positions > positions) is { } example)
            throw new UserErrorException($"{example.File}, row {example.Row}", $"prompt and choice have {example.Ids.Length} tokens; the model has {positions} positions", "shorten the row, or leave it out");
    }
}

/// <summary>What a model does on the rows of a run: measured before and after, on the same rows.</summary>
/// <param name="Seen">What the metrics are computed from.</param>
/// <param name="General">Losses of the general text.</param>
public sealed record Measurement(Observed Seen, LossResult General)
{
    private const string GeneralName = "loss on general text";

    /// <summary>Answers to the test questions.</summary>
    public IReadOnlyList<Answer> Answers => Seen.Answers;

    /// <summary>How the answers ended; null where nothing was written.</summary>
    public AnswerCounts? Ends => Answers.Count == 0 ? null : new AnswerCounts(Answers.Count, Answers.Count(static a => a.Stopped));

    /// <summary>Measures.</summary>
    /// <param name="rows">What is measured on, and how an answer is judged.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="model">The model.</param>
    /// <param name="adapters">Adapters to apply, or null.</param>
    /// <param name="backend">Runs the kernels.</param>
    /// <param name="arena">Memory, as planned.</param>
    /// <param name="stage">What this is called in progress notices.</param>
    /// <param name="notice">Gets them.</param>
    /// <param name="cancel">Looked at often.</param>
    public static Measurement Of(
        MeasuredRows rows, Tokenizer tokenizer, Decoder model, IAdapterSet? adapters, Backend backend, Arena arena, string stage,
        Action<RunNotice> notice, CancellationToken cancel)
    {
        LossResult Losses(IReadOnlyList<Example> examples) => TokenLosses.Measure(model, adapters, examples, rows.PassRows, backend, arena, rows.Prefix, cancel);
        var asked = rows.Asked;
        notice(new NoticeProgress(stage, 0, asked.Questions.Count, "losses"));
        var test = Losses(asked.Needs.HasFlag(Evidence.Losses) ? rows.Test : []);
        var general = Losses(rows.General);
        var choices = Choices(asked.Choices, Losses([.. asked.ChoiceExamples]));
        var generator = new Generator(model, tokenizer, backend, arena, adapters);
        var answers = Evaluation.Answers.Of(
            asked.Questions, generator, rows.MaxNewTokens, rows.StopIds,
            done => notice(new NoticeProgress(stage, done, asked.Questions.Count, "answers")), cancel);
        return new Measurement(new Observed(test, asked.Questions, answers, choices), general);
    }

    /// <summary>The changes from <paramref name="before"/> to this, with 95 % intervals and paired tests over rows.</summary>
    /// <param name="before">The other side.</param>
    /// <param name="asked">How it is judged.</param>
    /// <param name="role">What the metrics are evidence of.</param>
    public IReadOnlyList<MetricChange> ChangesFrom(Measurement before, Asked asked, MetricRole role = MetricRole.Task)
    {
        var changes = new List<MetricChange>();
        foreach (var metric in asked.Metrics)
        {
            foreach (var (was, now) in metric.Measure(before.Seen).Zip(metric.Measure(Seen)))
            {
                // Without test rows there is nothing to compare.
                if (now.Rows.Rows > 0)
                    changes.Add(Change(metric.Name, now.Name, role, now.Unit, was.Rows, now.Rows));
            }
        }
        if (General.Tokens > 0)
            changes.Add(Change("", GeneralName, MetricRole.Retention, MetricUnit.Loss, LossMetric.Mean(before.General), LossMetric.Mean(General)));
        return changes;
    }

    /// <summary>The values of this measurement alone, with 95 % intervals over rows.</summary>
    public IReadOnlyList<MetricValue> Values(Asked asked)
    {
        var values = asked.Metrics.SelectMany(m => m.Measure(Seen).Select(s => Value(m.Name, s.Name, s.Unit, s.Rows))).ToList();
        if (General.Tokens > 0)
            values.Add(Value("", GeneralName, MetricUnit.Loss, LossMetric.Mean(General)));
        return values;
    }

    /// <summary>What was taken for what, for metrics of labels.</summary>
    /// <param name="before">The other side; null where there is none.</param>
    /// <param name="asked">How the answers are judged.</param>
    public IReadOnlyList<ConfusionPair> Confusions(Measurement? before, Asked asked) =>
    [
        .. asked.Metrics.SelectMany(m => m.Measure(Seen).Where(static s => s.Confusion is not null).Select(s => new ConfusionPair(
            s.Name, before is null ? null : m.Measure(before.Seen).First(b => b.Name == s.Name).Confusion, s.Confusion!))),
    ];

    /// <summary>Answers side by side.</summary>
    /// <param name="before">The other side; null where there is none.</param>
    /// <param name="rows">What was asked.</param>
    /// <param name="samples">How many.</param>
    public IReadOnlyList<AnswerSample> Samples(Measurement? before, MeasuredRows rows, int samples) =>
    [
        .. rows.Shown(samples).Select(i => new AnswerSample(
            rows.Asked.Questions[i].PromptText.Trim(), rows.Asked.Questions[i].Expected, before?.Answers[i].Text, Answers[i].Text,
            before is null ? null : rows.Asked.IsRight(i, before.Answers[i]), rows.Asked.IsRight(i, Answers[i]))),
    ];

    private static ChoiceScores[] Choices(IReadOnlyList<ChoiceQuestion> questions, LossResult losses)
    {
        var scores = new List<ChoiceScores>();
        var next = 0;
        foreach (var question in questions)
        {
            scores.Add(new ChoiceScores([.. losses.Examples.Skip(next).Take(question.Examples.Count).Select(static e => -e.Sum)], question.Bytes, question.Right)
            {
                True = question.True,
                Flag = question.Flag,
            });
            next += question.Examples.Count;
        }
        return [.. scores];
    }

    private static MetricChange Change(string key, string name, MetricRole role, MetricUnit unit, RowScores before, RowScores after)
    {
        var interval = Bootstrap.Difference(before, after);
        return new MetricChange(name, role, unit, before.Value, after.Value, interval.Low, interval.High, before.Rows) { Key = key, Test = PairedTest.Of(before, after) };
    }

    private static MetricValue Value(string key, string name, MetricUnit unit, RowScores scores)
    {
        var interval = Bootstrap.Of(scores);
        return new MetricValue(key, name, unit, scores.Value, interval.Low, interval.High, scores.Rows);
    }
}
