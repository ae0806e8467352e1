namespace Attune.Search.Importance;

/// <summary>The importance of a study's parameters, from its trials that are done.</summary>
public static class StudyImportance
{
    /// <summary>The shares; null where there are too few trials, or all came to the same.</summary>
    public static ParameterImportance? Of(SearchPlan plan, IReadOnlyList<Trial> trials)
    {
        var parameters = plan.Space.Parameters;
        var done = trials.Where(static t => t.State == TrialState.Done).ToList();
        double Place(SearchParameter p, string? value) => value is null ? double.NaN : p.IsOrdered ? p.UnitOf(value) : Math.Floor(p.UnitOf(value) * p.Levels);
        return ParameterImportance.Of(
            [.. parameters.Select(static p => new Axis(p.Name, p.IsOrdered ? 0 : p.Levels))],
            [.. done.Select(t => (IReadOnlyList<double>)[.. parameters.Select(p => Place(p, t[p.Name]))])],
            [.. done.Select(t => plan.Minimise ? t.Result!.Value : -t.Result!.Value)]);
    }
}
