namespace Attune.Reports.Analysers;

/// <summary>Whether each task metric moved by more than the choice of rows explains.</summary>
internal sealed class GainAnalyser : IAnalyser
{
    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        if (run.Values.Count > 0)
            yield break;
        var task = run.Metrics.Where(m => m.Role == MetricRole.Task).ToArray();
        if (task.Length == 0 && !Verdict.IsComparison(run))
        {
            yield return new(FindingTone.Warning, "The gain was not measured", "No held-out rows were evaluated before and after.",
                "Give rows that are not trained on as data.test.");
        }

        foreach (var m in task)
        {
            var evidence = $"{Numbers.Value(m.Before, m.Unit)} before, {Numbers.Value(m.After, m.Unit)} after; " +
                $"95 % interval of the difference {Numbers.Interval(m)}{(m.Test is { } t ? $", {t.Name} {Numbers.PValue(t.PValue)}" : "")}, n = {Numbers.Count(m.Count)}.";
            if (!m.IsReal)
            {
                yield return new(FindingTone.Note, $"No clear change: {m.Name}", evidence,
                    m.Count < 200 ? "More test rows (data.test, eval.rows) would narrow the interval." : "Try more epochs, a higher rank, or more and cleaner rows.");
            }
            else if (m.IsBetter)
                yield return new(FindingTone.Good, $"Better: {m.Name}", evidence);
            else
            {
                yield return new(FindingTone.Warning, $"Worse: {m.Name}", evidence,
                    "Check that test rows have the form of the training rows; then try a lower learning rate or fewer epochs.");
            }
        }
    }
}
