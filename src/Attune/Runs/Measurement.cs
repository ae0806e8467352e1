using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Models;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>What a model does on the rows of a run: measured before and after, on the same rows.</summary>
/// <param name="Test">Losses of the test rows.</param>
/// <param name="General">Losses of the general text.</param>
/// <param name="Answers">Answers to the test questions.</param>
public sealed record Measurement(LossResult Test, LossResult General, IReadOnlyList<Answer> Answers)
{
    /// <summary>Measures.</summary>
    /// <param name="setup">Rows, questions, how an answer is judged.</param>
    /// <param name="model">The model.</param>
    /// <param name="adapters">Adapters to apply, or null.</param>
    /// <param name="backend">Runs the kernels.</param>
    /// <param name="arena">Memory, as planned.</param>
    /// <param name="stage">What this is called in progress notices.</param>
    /// <param name="notice">Gets them.</param>
    /// <param name="cancel">Looked at often.</param>
    public static Measurement Of(
        RunSetup setup, Decoder model, IAdapterSet? adapters, Backend backend, Arena arena, string stage, Action<RunNotice> notice, CancellationToken cancel)
    {
        var rows = setup.Options.PassRows;
        var questions = setup.Questions;
        notice(new NoticeProgress(stage, 0, questions.Count, "losses"));
        var test = TokenLosses.Measure(model, adapters, setup.Test, rows, backend, arena, cancel);
        var general = TokenLosses.Measure(model, adapters, setup.General, rows, backend, arena, cancel);
        var generator = new Generator(model, setup.Model.Tokenizer, backend, arena, adapters);
        var answers = Evaluation.Answers.Of(
            questions, generator, AnswerMatch.Parse(setup.Recipe.Eval.Match), setup.Recipe.Eval.MaxNewTokens!.Value, setup.StopIds,
            done => notice(new NoticeProgress(stage, done, questions.Count, "answers")), cancel);
        return new Measurement(test, general, answers);
    }

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
