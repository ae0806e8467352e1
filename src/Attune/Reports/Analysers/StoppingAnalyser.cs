namespace Attune.Reports.Analysers;

/// <summary>Answers that ran into the limit of tokens instead of ending.</summary>
internal sealed class StoppingAnalyser : IAnalyser
{
    internal const double Allowed = 0.05;

    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        if (run.Answers is not { Total: > 0 } a)
            yield break;
        var open = a.Total - a.Stopped;
        if (open > a.Total * Allowed)
        {
            yield return new(FindingTone.Warning, "Some answers do not end",
                $"{Numbers.Count(open)} of {Numbers.Count(a.Total)} answers ran into the limit of tokens.",
                "Raise eval.max_new_tokens if answers are long; otherwise check that every training answer ends where it should.");
        }
    }
}
