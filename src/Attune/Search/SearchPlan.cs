using Attune.Recipes;

namespace Attune.Search;

/// <summary>The section <c>search</c> of a recipe with everything decided.</summary>
public sealed record SearchPlan
{
    private const int TrialsWithoutTime = 20;

    private SearchPlan(SearchRecipe recipe) => Recipe = recipe;

    /// <summary>The section as it was read.</summary>
    public SearchRecipe Recipe { get; }

    /// <summary>What is searched.</summary>
    public SearchSpace Space => field ??= new SearchSpace([.. Recipe.Space.Select(ParameterOf)]);

    /// <summary>What proposes.</summary>
    public ISampler Sampler => Samplers.Find(Recipe.Sampler);

    /// <summary>What ends trials early; null for nothing.</summary>
    public IPruner? Pruner => Pruners.Find(Recipe.Pruner);

    /// <summary>Whether a lower result is the better one.</summary>
    public bool Minimise => Recipe.Metric is null or "loss" or "perplexity";

    /// <summary>What is made best, in words.</summary>
    public string Goal => Recipe.Metric is { } metric ? $"{(Minimise ? "lowest" : "highest")} {metric} on the validation rows" : "lowest loss on the validation rows";

    /// <summary>Trials in all; null where only time ends the study.</summary>
    public int? MostTrials => Recipe.Trials ?? (Recipe.Time is null ? TrialsWithoutTime : null);

    /// <summary>What the study begins with; null for what the sampler proposes.</summary>
    public StudyStart? Start { get; init; }

    /// <summary>Decides what the section leaves open.</summary>
    public static SearchPlan Of(SearchRecipe recipe) => new(recipe);

    /// <summary>The values of the next trial; null where there is none any more: all that were asked for are there, or every combination was tried.</summary>
    public IReadOnlyList<ParameterValue>? Propose(int number, IReadOnlyList<Trial> trials)
    {
        if (number >= MostTrials)
            return null;
        return Start is { } start && !trials.Any(start.Is) ? start.Values : Sampler.ProposeNew(new SamplerInput(Space, trials, Minimise, Recipe.Seed, number));
    }

    /// <summary>Why a trial should end now; null where it should go on, as the one that all others are held against always does.</summary>
    public string? Judge(Trial trial, IReadOnlyList<Trial> trials) =>
        Start?.Is(trial) == true ? null : Pruner?.Judge(new PrunerInput(trial, trials, Recipe.Grace, Recipe.Reduction));

    /// <summary>The trial with the best result; null where none is done. Of equal ones the first.</summary>
    public Trial? Best(IReadOnlyList<Trial> trials)
    {
        var done = trials.Where(static t => t.State == TrialState.Done);
        return Minimise ? done.MinBy(static t => t.Result) : done.MaxBy(static t => t.Result);
    }

    private static SearchParameter ParameterOf(SpaceEntry entry)
    {
        SearchParameter parameter = entry.Choices.Count > 0
            ? new ChoiceParameter(entry.Key, entry.Choices)
            : new RangeParameter(entry.Key, entry.From!.Value, entry.To!.Value) { IsLog = entry.IsLog, IsWhole = entry.IsWhole, Step = entry.Step };
        return entry.When is var (key, values) ? parameter with { When = new SearchCondition(key, values) } : parameter;
    }
}
