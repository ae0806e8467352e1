using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Models;
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

    /// <summary>Rows that are answered; may be none.</summary>
    public required IReadOnlyList<Question> Questions { get; init; }

    /// <summary>When an answer is right.</summary>
    public required AnswerMatch Match { get; init; }

    /// <summary>Most tokens of an answer.</summary>
    public required int MaxNewTokens { get; init; }

    /// <summary>Ids that end an answer.</summary>
    public required IReadOnlyList<int> StopIds { get; init; }

    /// <summary>Rows of a pass; no example has more positions.</summary>
    public required int PassRows { get; init; }
}

/// <summary>What a model does on the rows of a run: measured before and after, on the same rows.</summary>
/// <param name="Test">Losses of the test rows.</param>
/// <param name="General">Losses of the general text.</param>
/// <param name="Answers">Answers to the test questions.</param>
public sealed record Measurement(LossResult Test, LossResult General, IReadOnlyList<Answer> Answers)
{
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
        var questions = rows.Questions;
        notice(new NoticeProgress(stage, 0, questions.Count, "losses"));
        var test = TokenLosses.Measure(model, adapters, rows.Test, rows.PassRows, backend, arena, cancel);
        var general = TokenLosses.Measure(model, adapters, rows.General, rows.PassRows, backend, arena, cancel);
        var generator = new Generator(model, tokenizer, backend, arena, adapters);
        var answers = Evaluation.Answers.Of(
            questions, generator, rows.Match, rows.MaxNewTokens, rows.StopIds,
            done => notice(new NoticeProgress(stage, done, questions.Count, "answers")), cancel);
        return new Measurement(test, general, answers);
    }

    /// <summary>Share of the answers that are right, from 0 to 1; 0 where there are none.</summary>
    public double RightShare => Answers.Count(static a => a.IsRight) / (double)Math.Max(1, Answers.Count);

    /// <summary>The changes from <paramref name="before"/> to this, with 95 % intervals over rows.</summary>
    public IReadOnlyList<MetricChange> ChangesFrom(Measurement before, AnswerMatch match)
    {
        var changes = new List<MetricChange>();
        if (Answers.Count > 0)
        {
            var (was, now) = (Share(before.Answers), Share(Answers));
            changes.Add(Change($"answers: {match.Name}", MetricRole.Task, MetricUnit.Fraction, was, now));
        }
        if (Test.Tokens > 0)
            changes.Add(Change("loss on test rows", MetricRole.Task, MetricUnit.Loss, Pairs(before.Test), Pairs(Test)));
        if (General.Tokens > 0)
            changes.Add(Change("loss on general text", MetricRole.Retention, MetricUnit.Loss, Pairs(before.General), Pairs(General)));
        return changes;
    }

    private static (double, double)[] Share(IReadOnlyList<Answer> answers) => [.. answers.Select(static a => (a.IsRight ? 1.0 : 0.0, 1.0))];

    private static (double, double)[] Pairs(LossResult losses) => [.. losses.Examples.Select(static e => (e.Sum, (double)e.Tokens))];

    private static MetricChange Change(string name, MetricRole role, MetricUnit unit, (double Sum, double Weight)[] before, (double Sum, double Weight)[] after)
    {
        var interval = Bootstrap.Difference(before, after);
        return new MetricChange(name, role, unit, Mean(before), Mean(after), interval.Low, interval.High, before.Length);
    }

    private static double Mean((double Sum, double Weight)[] rows) => rows.Sum(static r => r.Sum) / Math.Max(1, rows.Sum(static r => r.Weight));
}
