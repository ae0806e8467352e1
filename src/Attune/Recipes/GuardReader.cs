using Attune.Formats;
using Attune.Problems;

namespace Attune.Recipes;

/// <summary>
/// Reads the <c>guard</c> section of a recipe and nothing else: where a result is judged, model and data need not be there any more.
/// </summary>
public static class GuardReader
{
    private const string Section = "guard";

    /// <summary>The keys of the section.</summary>
    public static IEnumerable<RecipeKey> Keys => RecipeKeys.All.Where(static k => k.Section == Section);

    /// <summary>The guard that files and settings make, each winning over what stands before it.</summary>
    /// <param name="files">Recipes; those of the guard alone among them.</param>
    /// <param name="settings">Values from a command line.</param>
    /// <exception cref="UserErrorException">A file cannot be read, or a key or value of the section is wrong; all problems at once.</exception>
    public static GuardRecipe Read(IReadOnlyList<string> files, IReadOnlyList<Setting> settings)
    {
        var (problems, recipe) = (new List<Problem>(), new Recipe());
        foreach (var file in files)
        {
            foreach (var entry in RecipeTree.Read(InputFile.Read(file, File.ReadAllText), file, problems).Where(static e => e.Key == Section || e.Key.StartsWith(Section + ".", StringComparison.Ordinal)))
                Apply(entry);
        }
        foreach (var setting in settings)
            Apply(new RecipeEntry(setting.Key, setting.List is null ? setting.Value : null, setting.List, setting.Origin));
        return problems.Count == 0 ? recipe.Guard : throw new UserErrorException(problems);

        void Apply(RecipeEntry entry)
        {
            if (RecipeKeys.Find(entry.Key) is not { Section: Section } key)
            {
                problems.Add(RecipeReader.Unknown(entry.Key, entry.Place));
                return;
            }
            var applied = key.Apply(recipe, new RawValue(entry.Scalar, entry.List, []));
            if (applied.Problem is { } problem)
                problems.Add(new Problem(entry.Place, problem, $"{key.Name}: {key.Help}"));
            else
                recipe = applied.Value;
        }
    }
}
