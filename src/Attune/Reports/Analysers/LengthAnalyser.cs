namespace Attune.Reports.Analysers;

/// <summary>Rows that were lost or shortened because they were too long: more than 1 % of them.</summary>
internal sealed class LengthAnalyser : IAnalyser
{
    internal const double Allowed = 0.01;

    public IEnumerable<Finding> Analyse(RunRecord run)
    {
        var d = run.Data;
        if (d.Rows == 0 || d.Dropped + d.Truncated <= d.Rows * Allowed)
            yield break;
        yield return new(FindingTone.Warning, "Some rows were too long to learn from as they are",
            $"Of {Numbers.Count(d.Rows)} rows {Numbers.Count(d.Dropped)} were dropped and {Numbers.Count(d.Truncated)} lost the beginning of their prompt " +
            $"(limit {Numbers.Count(d.MaxLength)} tokens).",
            "Raise data.max_length if memory allows, or shorten the rows.");
    }
}
