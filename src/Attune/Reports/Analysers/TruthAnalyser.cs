namespace Attune.Reports.Analysers;

/// <summary>Whether the model makes up more than before: any measure of truth that really fell, else what really rose, else that none moved.</summary>
internal sealed class TruthAnalyser : IAnalyser
{
    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        var truth = run.Metrics.Where(m => m.Role == MetricRole.Truth && double.IsFinite(m.Before) && double.IsFinite(m.After)).ToArray();
        if (truth.Length == 0)
            yield break;
        var worse = truth.Where(IsWorse).ToArray();
        var better = truth.Where(static m => m.IsReal && m.IsBetter).ToArray();
        var tuned = !Verdict.IsComparison(run);
        var than = tuned ? "than before" : $"than {run.Sides.Before}";
        if (worse.Length > 0)
        {
            yield return new(FindingTone.Warning, $"It makes up more {than}", Evidence(worse),
                tuned ? "Fewer epochs, a lower learning rate, or training without the rows that the model does not know (data.known, data.unknown) make less of it." : "");
        }
        if (better.Length > 0)
            yield return new(FindingTone.Good, $"It makes up less {than}", Evidence(better));
        if (worse.Length + better.Length == 0)
        {
            yield return new(FindingTone.Note, $"No sign that it makes up more {than}", Evidence(truth),
                "Each change is within what the choice of rows explains; more rows (eval.suite_rows, the task's rows) would show smaller ones.");
        }
    }

    /// <summary>Whether a measure of truth fell by more than chance explains.</summary>
    public static bool IsWorse(MetricChange m) => m.IsReal && !m.IsBetter;

    private static string Evidence(IEnumerable<MetricChange> changes) =>
        string.Join("; ", changes.Select(static m => $"{m.Name}: {Numbers.Value(m.Before, m.Unit)} → {Numbers.Value(m.After, m.Unit)} ({Numbers.Interval(m)})")) + ".";
}
