namespace Attune.Reports.Analysers;

/// <summary>A run that ended while its validation loss was still falling: by more than 2 % over the last quarter, with the best value at the end.</summary>
internal sealed class UndertrainedAnalyser : IAnalyser
{
    internal const double Fall = 0.02;

    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        var valid = run.Curves.ValidLoss;
        if (valid.Count < 4 || valid[^1].Value > valid.Min(p => p.Value))
            yield break;
        var last = valid[^1];
        var earlier = valid.Last(p => p.Step <= last.Step - (last.Step - valid[0].Step) / 4);
        var fall = (earlier.Value - last.Value) / earlier.Value;
        if (fall > Fall)
        {
            yield return new(FindingTone.Note, "It was still learning when it stopped",
                $"Validation loss fell by {Numbers.Percent(fall)} between step {Numbers.Count(earlier.Step)} and the end, step {Numbers.Count(last.Step)}.",
                "Train longer: raise train.epochs (or train.max_steps, limits.time).");
        }
    }
}
