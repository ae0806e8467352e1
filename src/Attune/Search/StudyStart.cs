namespace Attune.Search;

/// <summary>
/// What a study begins with, so that it never ends worse than without a search: the recipe's own values or, where it leaves a key open, what
/// <c>train</c> chooses for it.
/// </summary>
/// <param name="Values">Of every parameter that is there, in the order of the space.</param>
/// <param name="Moved">What the recipe has and the space does not; the nearest that it does have stands in <paramref name="Values"/>.</param>
public sealed record StudyStart(IReadOnlyList<ParameterValue> Values, IReadOnlyList<ParameterValue> Moved)
{
    /// <summary>What its trial is called.</summary>
    public string Name => Moved.Count == 0 ? "the recipe itself" : "the nearest to the recipe";

    /// <summary>Whether a trial is this one, whoever proposed it.</summary>
    public bool Is(Trial trial) => trial.Values.SequenceEqual(Values);

    /// <summary>
    /// Decides the values. What the space does not have becomes the nearest that it has, and the rest is resolved again, since what <c>train</c> chooses
    /// for one key (the rate) may depend on another (the method): words first, because more depends on them than on numbers.
    /// </summary>
    /// <param name="space">The space.</param>
    /// <param name="own">The recipe's value of a parameter, given those that were moved so far; null where no such recipe can be made.</param>
    public static StudyStart Of(SearchSpace space, Func<IReadOnlyList<ParameterValue>, Func<SearchParameter, string>?> own)
    {
        var (moved, put) = (new List<ParameterValue>(), new List<ParameterValue>());
        var value = own(put) ?? throw new ArgumentException("a recipe by itself must have its values", nameof(own));
        string At(SearchParameter p) => put.FirstOrDefault(v => v.Name == p.Name).Value ?? value(p);
        while (space.Parameters.Where(p => SearchSpace.IsThere(p, space.Decide(q => q.Nearest(At(q)))) && !p.Has(At(p))).MinBy(static p => p.IsOrdered) is { } outside)
        {
            moved.Add(new(outside.Name, At(outside)));
            put.Add(new(outside.Name, outside.Nearest(At(outside))));
            value = own(put) ?? value;
        }
        return new(space.Decide(p => p.Nearest(At(p))), moved);
    }
}
