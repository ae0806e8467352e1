using System.Globalization;

namespace Attune.Search;

/// <summary>
/// Asynchronous successive halving (ASHA: Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020), in the form that stops
/// rather than pauses: rungs are the reports g, g·η, g·η² … (grace g, reduction η), and a trial goes on from a rung where it is among the best
/// 1/η of all that have come there so far. Nobody waits for others; while fewer than η have come to a rung, all go on.
/// </summary>
public sealed class HalvingPruner : IPruner
{
    /// <inheritdoc />
    public string? Judge(PrunerInput input)
    {
        var reports = input.Trial.Reports.Count;
        if (!IsRung(reports, input))
            return null;
        var mine = Pruners.BestOf(input.Trial, reports);
        var there = input.Trials.Where(t => t.Reports.Count >= reports && t.Number != input.Trial.Number)
            .Select(t => Pruners.BestOf(t, reports)).Append(mine).Order().ToList();
        if (there.Count < input.Reduction)
            return null;
        var places = there.Count / input.Reduction;
        return mine <= there[places - 1]
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"at validation {reports} its loss {mine:F4} is not among the best {places} of {there.Count} ({there[places - 1]:F4})");
    }

    private static bool IsRung(int reports, PrunerInput input)
    {
        long rung = input.Grace;
        while (rung < reports)
            rung *= input.Reduction;
        return rung == reports;
    }
}
