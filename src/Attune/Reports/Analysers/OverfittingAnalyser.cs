namespace Attune.Reports.Analysers;

/// <summary>Validation loss that rose by more than 2 % after its lowest point, while the training loss went on falling.</summary>
internal sealed class OverfittingAnalyser : IAnalyser
{
    internal const double Rise = 0.02;

    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        var valid = run.Curves.ValidLoss;
        if (valid.Count < 3)
            yield break;
        var best = valid.MinBy(p => p.Value);
        var last = valid[^1];
        var trainThen = Around(run.Curves.TrainLoss, best.Step);
        var trainNow = Around(run.Curves.TrainLoss, last.Step);
        if (last.Value <= best.Value * (1 + Rise) || !(trainNow < trainThen))
            yield break;
        var kept = run.Curves.KeptStep == best.Step;
        yield return new(
            kept ? FindingTone.Note : FindingTone.Warning,
            $"It began to learn the rows by heart after step {Numbers.Count(best.Step)}",
            $"Validation loss {Numbers.Short(best.Value)} at step {Numbers.Count(best.Step)}, {Numbers.Short(last.Value)} at the end, while training loss fell " +
            $"from {Numbers.Short(trainThen)} to {Numbers.Short(trainNow)}: a rise of {Numbers.Percent((last.Value / best.Value) - 1)} (threshold {Numbers.Percent(Rise)}), " +
            $"and a gap between the two of {Numbers.Short(last.Value - trainNow)} nats at the end." + (kept ? " The weights of the best step were kept." : ""),
            (kept ? "Fewer train.epochs give the same result sooner. " : "Set train.keep_best: true, or lower train.epochs. ")
            + "More varied rows, method.dropout, train.weight_decay, train.neftune or train.label_smoothing let it go further before that.");
    }

    /// <summary>Mean training loss of the tenth of the run that ends at a step: single steps are too noisy to compare.</summary>
    private static double Around(IReadOnlyList<CurvePoint> curve, int step)
    {
        var window = Math.Max(1, curve.Count / 10);
        var values = curve.Where(p => p.Step <= step).TakeLast(window).Select(p => p.Value).ToArray();
        return values.Length == 0 ? double.NaN : values.Average();
    }
}
