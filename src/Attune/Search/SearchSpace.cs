namespace Attune.Search;

/// <summary>The keys of a recipe that a search sets, each behind those that its condition names.</summary>
public sealed class SearchSpace
{
    /// <summary>Orders the parameters so that a condition stands behind what it asks about; otherwise the given order stays.</summary>
    /// <param name="parameters">One or more, each with another name; conditions name choices among them and go in no circle.</param>
    /// <exception cref="ArgumentException">A condition names a parameter that is not there, or conditions go in a circle.</exception>
    public SearchSpace(IReadOnlyList<SearchParameter> parameters)
    {
        var ordered = new List<SearchParameter>();
        while (ordered.Count < parameters.Count)
        {
            var next = parameters.Where(p => !ordered.Contains(p) && (p.When is null || ordered.Exists(o => o.Name == p.When.Parameter))).ToList();
            if (next.Count == 0)
                throw new ArgumentException("a condition names a parameter that is not there, or conditions go in a circle", nameof(parameters));
            ordered.AddRange(next);
        }
        Parameters = ordered;
    }

    /// <summary>The parameters, in the order in which they are decided.</summary>
    public IReadOnlyList<SearchParameter> Parameters { get; }

    /// <summary>Decides every parameter that is there, given those before it.</summary>
    /// <param name="value">The value of a parameter.</param>
    public IReadOnlyList<ParameterValue> Decide(Func<SearchParameter, string> value)
    {
        var decided = new List<ParameterValue>();
        foreach (var parameter in Parameters)
        {
            if (IsThere(parameter, decided))
                decided.Add(new(parameter.Name, value(parameter)));
        }
        return decided;
    }

    /// <summary>Whether a parameter is there beside these values.</summary>
    public static bool IsThere(SearchParameter parameter, IReadOnlyList<ParameterValue> values) =>
        parameter.When is not { } when || values.Any(v => v.Name == when.Parameter && when.Values.Contains(v.Value));
}
