using System.Globalization;

namespace Attune.Search;

/// <summary>
/// The median stopping rule (Golovin et al., "Google Vizier: a service for black-box optimization", KDD 2017): a trial ends where its best value so
/// far is worse than the median of the means that the finished trials had up to the same report. Five trials must be finished first.
/// </summary>
public sealed class MedianPruner : IPruner
{
    private const int Least = 5;

    /// <inheritdoc />
    public string? Judge(PrunerInput input)
    {
        var reports = input.Trial.Reports.Count;
        if (reports <= input.Grace)
            return null;
        var means = input.Trials.Where(t => t.State == TrialState.Done && t.Reports.Count >= reports)
            .Select(t => t.Reports.Take(reports).Average(static r => r.Value)).Order().ToList();
        if (means.Count < Least)
            return null;
        var median = (means[(means.Count - 1) / 2] + means[means.Count / 2]) / 2;
        var mine = Pruners.BestOf(input.Trial, reports);
        return mine <= median
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"at validation {reports} its best loss {mine:F4} is worse than the median of the others' means so far, {median:F4}");
    }
}
