namespace Attune.Reports.Analysers;

/// <summary>A training loss that ended above where it began.</summary>
internal sealed class SteadinessAnalyser : IAnalyser
{
    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        var curve = run.Curves.TrainLoss;
        if (curve.Count < 10)
            yield break;
        var window = Math.Max(3, curve.Count / 10);
        var first = curve.Take(window).Average(p => p.Value);
        var last = curve.TakeLast(window).Average(p => p.Value);
        if (!(last < first))
        {
            yield return new(FindingTone.Warning, "The training loss did not fall",
                $"{Numbers.Short(first)} on average over the first {window} steps, {Numbers.Short(last)} over the last {window}.",
                "Lower train.learning_rate by a factor of three to ten.");
        }
    }
}
