using Attune.Evaluation;
using Attune.Recipes;
using Attune.Reports.Analysers;

namespace Attune.Reports;

/// <summary>One condition on a result.</summary>
/// <param name="Key">The key that sets it, such as <c>guard.gain</c>; <c>files</c> for that the files are the measured ones.</param>
/// <param name="Demand">What is demanded, in words.</param>
/// <param name="Found">What was measured, in words.</param>
/// <param name="IsMet">Whether it is met; what was not measured is not met.</param>
public sealed record GateCondition(string Key, string Demand, string Found, bool IsMet);

/// <summary>Whether a result may be used: every condition of a guard held against what was measured.</summary>
/// <param name="Conditions">In the order of the keys; none where nothing is demanded.</param>
public sealed record Gate(IReadOnlyList<GateCondition> Conditions)
{
    // 0.5 − 0.48 is a little more than 0.02.
    private const double Rounding = 1e-9;

    // To add a condition: a key of the section guard and a line here.
    private static readonly Func<RunRecord, GuardRecipe, GateCondition?>[] All = [Gain, Forgetting, Truth, Memorisation, Parity, Export];

    /// <summary>Whether every condition is met.</summary>
    public bool IsMet => Conditions.All(static c => c.IsMet);

    /// <summary>The verdict in a sentence.</summary>
    public string Sentence => IsMet
        ? $"The result may be used: {(Conditions.Count == 1 ? "the one condition is met" : $"all {Conditions.Count} conditions are met")}."
        : $"The result should not be used: {string.Join(", ", Conditions.Where(static c => !c.IsMet).Select(static c => c.Key))} not met, of {Conditions.Count} conditions.";

    /// <summary>Judges a run.</summary>
    public static Gate Of(RunRecord run, GuardRecipe guard) => new([.. All.Select(condition => condition(run, guard)).OfType<GateCondition>()]);

    private static GateCondition? Gain(RunRecord run, GuardRecipe guard)
    {
        if (guard.Gain is not { } least)
            return null;
        var metric = run.Metrics.FirstOrDefault(m => m.Role == MetricRole.Task && (guard.Metric is not { } name || m.Key == name));
        if (metric is null)
            return new("guard.gain", $"{guard.Metric ?? "the task metric"} better by {least}", "it was not measured", false);
        var demand = least.Value == 0 ? $"{metric.Name} better than before" : $"{metric.Name} better by at least {Shown(least, metric)}";
        var (gain, needed) = (-Worsening(metric, guard.By), least.Of(metric.Before));
        return new("guard.gain", Judged(demand, guard), Change(metric), needed == 0 ? gain > 0 : gain >= needed - Rounding);
    }

    private static GateCondition? Forgetting(RunRecord run, GuardRecipe guard)
    {
        if (guard.Forgetting is not { } most)
            return null;
        // What is forgotten is a loss that rises.
        var metrics = run.Metrics.Where(static m => m.Role == MetricRole.Retention && !m.HigherIsBetter).ToArray();
        if (metrics.Length == 0)
            return new("guard.forgetting", $"loss on general text higher by at most {most}", "it was not measured", false);
        var met = metrics.All(m => Worsening(m, guard.By) <= most.Of(m.Before) + Rounding);
        var demand = $"{string.Join(", ", metrics.Select(static m => m.Name))} higher by at most {Shown(most, metrics[0])}";
        return new("guard.forgetting", Judged(demand, guard), string.Join("; ", metrics.Select(Change)), met);
    }

    private static GateCondition? Truth(RunRecord run, GuardRecipe guard)
    {
        if (guard.Truth is not { } most)
            return null;
        var metrics = run.Metrics.Where(static m => m.Role == MetricRole.Truth).ToArray();
        if (metrics.Length == 0)
            return new("guard.truth", Judged($"no metric of truth worse by more than {most}", guard), "none was measured", false);
        var met = metrics.All(m => Worsening(m, guard.By) <= most.Of(m.Before) + Rounding);
        var demand = most.Value == 0 ? "no metric of truth worse" : $"no metric of truth worse by more than {Shown(most, metrics[0])}";
        return new("guard.truth", Judged(demand, guard), string.Join("; ", metrics.Select(static m => $"{m.Name} {Change(m)}")), met);
    }

    private static GateCondition? Memorisation(RunRecord run, GuardRecipe guard)
    {
        if (guard.Memorisation is not { } most)
            return null;
        var demand = Judged($"training rows continued word for word more often than unseen ones by at most {Numbers.Change(most, MetricUnit.Fraction)[1..]}", guard);
        if (run.Memorisation is not { Rows: > 0 } m)
            return new("guard.memorisation", demand, "it was not measured", false);
        var seen = guard.By == GuardBasis.Point ? m.Excess : m.Interval.High;
        return new("guard.memorisation", demand, MemorisationAnalyser.Evidence(m), seen <= most + Rounding);
    }

    private static GateCondition? Parity(RunRecord run, GuardRecipe guard)
    {
        var written = run.Parity.Where(static p => p.Failed is null).ToArray();
        if (!guard.Parity || written.Length == 0)
            return null;
        var wrong = written.Where(static p => !p.Holds).Select(static p => p.Form).ToArray();
        return new(
            "guard.parity", $"every exported form ({string.Join(", ", written.Select(static p => p.Form))}) says what the trained model says",
            wrong.Length == 0 ? "they do" : $"not so: {string.Join(", ", wrong)}", wrong.Length == 0);
    }

    // Demanded by asking for the forms.
    private static GateCondition? Export(RunRecord run, GuardRecipe guard)
    {
        var failed = run.Parity.Where(static p => p.Failed is not null).ToArray();
        return failed.Length == 0 ? null : new(
            "export", $"the result is written as {string.Join(", ", run.Parity.Select(static p => p.Form))}", $"not so: {string.Join("; ", failed.Select(static p => $"{p.Form}: {p.Failed}"))}", false);
    }

    // By how much a metric became worse: as measured, or at the worst end of its interval.
    private static double Worsening(MetricChange m, GuardBasis by) => by == GuardBasis.Point
        ? m.HigherIsBetter ? -m.Difference : m.Difference
        : m.HigherIsBetter ? -m.Low : m.High;

    private static string Judged(string demand, GuardRecipe guard) => demand + (guard.By == GuardBasis.Interval ? ", over the whole 95 % interval" : ", as measured");

    private static string Shown(Allowance allowed, MetricChange metric) => allowed.IsPart
        ? $"{allowed} of the value before"
        : Numbers.Change(allowed.Value, metric.Unit)[1..];

    private static string Change(MetricChange m) =>
        $"{Numbers.Value(m.Before, m.Unit)} → {Numbers.Value(m.After, m.Unit)}: {Numbers.Change(m.Difference, m.Unit)}, 95 % interval {Numbers.Interval(m)}";
}
