using Attune.Problems;

namespace Attune.Recipes;

/// <summary>What must hold of a space: each entry by itself, between entries, and of the recipes that it makes.</summary>
internal static class SpaceRules
{
    /// <summary>Every problem of the space, as place-less sentences.</summary>
    public static IEnumerable<Problem> Check(Recipe recipe, string place)
    {
        var space = recipe.Search.Space;
        var problems = new List<Problem>();
        void Wrong(SpaceEntry entry, string message, string remedy = "") => problems.Add(new Problem($"{place}, {entry.Key}", message, remedy));
        foreach (var twice in space.GroupBy(static e => e.Key).Where(static g => g.Count() > 1))
            Wrong(twice.First(), "is given twice", "keep one of the two");
        foreach (var entry in space)
        {
            foreach (var problem in entry.Problems)
                Wrong(entry, problem);
            if (Forbidden(recipe, entry.Key) is { } why)
                Wrong(entry, why, "leave it out of the space");
            if (entry.When is var (key, values))
                CheckCondition(space, entry, key, values, Wrong);
        }
        if (InCircle(space) is { } circle)
            Wrong(circle, "depends on itself by way of other conditions", "leave out one of the conditions");
        if (recipe.Data.ValidFraction == 0 && recipe.Data.Valid.Count == 0)
            problems.Add(new Problem(place, "there are no validation rows, by which trials are compared", "give data.valid, or a data.valid_fraction above 0"));
        if (problems.Count == 0)
            problems.AddRange(OfRecipes(recipe, place));
        return problems;
    }

    /// <summary>A recipe with values of a space.</summary>
    public static Recipe With(Recipe recipe, IEnumerable<(string Key, string Value)> values)
    {
        foreach (var (name, value) in values)
        {
            var raw = value is ['[', ..] && FlowText.ReadList(value) is { } items ? new RawValue(null, items, [Directory.GetCurrentDirectory()]) : new RawValue(value, null, [Directory.GetCurrentDirectory()]);
            var applied = RecipeKeys.Find(name)!.Apply(recipe, raw);
            recipe = applied.Problem is { } problem ? throw new UserErrorException(name, problem) : applied.Value;
        }
        return recipe;
    }

    private static string? Forbidden(Recipe recipe, string name) => RecipeKeys.Find(name)?.Role switch
    {
        KeyRole.Measured => "decides what is measured, which rows or which tokens of them, and trials are compared on the same ones only: a trial that measures fewer or easier ones would win by that",
        KeyRole.Report => "says where a result goes or what is said of it, which no trial decides",
        KeyRole.Machine => "changes no result beyond rounding, so that there is nothing to be found",
        _ => recipe.Data.Valid.Count == 0 && (name == "data.train" || (name == "train.seed" && recipe.Data.SplitSeed is null))
            ? $"decides which rows are split off for validation, and trials are compared on the same rows only: give data.valid first{(name == "train.seed" ? ", or data.split_seed" : "")}"
            : null,
    };

    private static void CheckCondition(IReadOnlyList<SpaceEntry> space, SpaceEntry entry, string key, IReadOnlyList<string> values, Action<SpaceEntry, string, string> wrong)
    {
        if (space.FirstOrDefault(e => e.Key == key) is not { } other)
            wrong(entry, $"when: {key} is not in the space", $"add {key} with its choices, or leave out when");
        else if (other.Choices.Count == 0)
        {
            if (other.Problems.Count == 0)
                wrong(entry, $"when: {key} is a range, and a condition asks about a choice", $"give {key} choices: […]");
        }
        else if (values.FirstOrDefault(v => !other.Choices.Contains(v)) is { } strange)
            wrong(entry, $"when: {strange} is none of the choices of {key}: {string.Join(", ", other.Choices)}", "name some of them");
    }

    private static SpaceEntry? InCircle(IReadOnlyList<SpaceEntry> space) => space.FirstOrDefault(entry =>
    {
        var at = entry;
        for (var i = 0; i < space.Count && at?.When is var (key, _); i++)
        {
            at = space.FirstOrDefault(e => e.Key == key);
            if (at == entry)
                return true;
        }
        return false;
    });

    // Every value of every choice and both ends of every range, one after the other beside the first values of the rest: keys that would then have
    // no effect, and rules between keys.
    private static IEnumerable<Problem> OfRecipes(Recipe recipe, string place)
    {
        var space = recipe.Search.Space;
        var said = new HashSet<string>();
        foreach (var tried in space)
        {
            foreach (var value in Values(tried))
            {
                var values = Decide(space, tried, value);
                var made = With(recipe, values);
                foreach (var (name, _) in values)
                {
                    if (RecipeKeys.Find(name)!.Idle(made) is { } why && said.Add(name))
                        yield return new Problem($"{place}, {name}", $"has no effect where {tried.Key} is {value}, because {why}", $"add when: {{{tried.Key}: …}} with the values where it has one");
                }
                foreach (var (_, message, remedy) in RecipeRules.BrokenBy(made))
                {
                    if (said.Add(message))
                        yield return new Problem($"{place}, {tried.Key}", $"with {value}: {message}", remedy);
                }
            }
        }
    }

    private static IEnumerable<string> Values(SpaceEntry entry) => entry.Choices.Count > 0
        ? entry.Choices
        : [entry.From!.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture), entry.To!.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)];

    // What the tried entry's condition asks for is given to it, and to the other as far as it asks too.
    private static List<(string Key, string Value)> Decide(IReadOnlyList<SpaceEntry> space, SpaceEntry tried, string value)
    {
        var wanted = new Dictionary<string, string> { [tried.Key] = value };
        for (var at = tried; at?.When is var (key, values); at = space.FirstOrDefault(e => e.Key == key))
            wanted[key] = values[0];
        var decided = new List<(string Key, string Value)>();
        bool IsThere(SpaceEntry entry) => entry.When is not var (key, values) || decided.Exists(d => d.Key == key && values.Contains(d.Value));
        // Conditions may stand before what they ask about.
        for (var round = 0; round < space.Count; round++)
        {
            foreach (var entry in space.Where(e => !decided.Exists(d => d.Key == e.Key) && IsThere(e)).ToList())
                decided.Add((entry.Key, wanted.GetValueOrDefault(entry.Key) ?? Values(entry).First()));
        }
        return decided;
    }
}
