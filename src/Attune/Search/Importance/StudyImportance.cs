namespace Attune.Search.Importance;

/// <summary>
/// The importance of a study's parameters, from its trials that are done, and where the metric is the loss from those too that were ended
/// early, by the lowest loss that they had: without them, what makes a trial bad from the start would seem to matter little.
/// </summary>
public static class StudyImportance
{
    /// <summary>The shares; null where there are too few trials, or all came to the same.</summary>
    public static ParameterImportance? Of(SearchPlan plan, IReadOnlyList<Trial> trials)
    {
        var parameters = plan.Space.Parameters;
        double? Cost(Trial trial) => trial.State switch
        {
            TrialState.Done => plan.Minimise ? trial.Result : -trial.Result,
            TrialState.Pruned when plan.Recipe.Metric is null => trial.Reports.Min(static r => r.Value),
            _ => null,
        };
        var measured = trials.Where(t => Cost(t) is { } cost && double.IsFinite(cost)).ToList();
        double Place(SearchParameter p, string? value) => value is null ? double.NaN : p.IsOrdered ? p.UnitOf(value) : Math.Floor(p.UnitOf(value) * p.Levels);
        return ParameterImportance.Of(
            [.. parameters.Select(static p => new Axis(p.Name, p.IsOrdered ? 0 : p.Levels))],
            [.. measured.Select(t => (IReadOnlyList<double>)[.. parameters.Select(p => Place(p, t[p.Name]))])],
            [.. measured.Select(t => Cost(t)!.Value)]);
    }
}
