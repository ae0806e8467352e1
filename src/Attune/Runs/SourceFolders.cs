using Attune.Data;
using Attune.Problems;
using Attune.Recipes;

namespace Attune.Runs;

/// <summary>Puts the files of a folder in its place: those for training, and where the recipe leaves them open those for validation and test.</summary>
internal static class SourceFolders
{
    /// <summary>The recipe with files alone.</summary>
    /// <exception cref="UserErrorException">A file that the folder has for training is measured on.</exception>
    public static Recipe Open(Recipe recipe, Choices choices)
    {
        if (!recipe.Data.Train.Any(static s => Directory.Exists(s.Path)))
            return recipe;
        var (train, valid, test) = (new List<DataSource>(), new List<DataSource>(), new List<DataSource>());
        foreach (var source in recipe.Data.Train)
        {
            if (!Directory.Exists(source.Path))
            {
                train.Add(source);
                continue;
            }
            var found = DataFolder.At(source.Path);
            train.AddRange(found.Train.Select(f => source with { Path = f }));
            valid.AddRange(found.Valid.Select(f => source with { Path = f, Weight = 1 }));
            test.AddRange(found.Test.Select(f => source with { Path = f, Weight = 1 }));
        }
        var opened = recipe with
        {
            Data = recipe.Data with
            {
                Train = train,
                Valid = Unless(recipe.Data.Valid, valid, "data.valid"),
                Test = Unless(recipe.Data.Test, test, "data.test"),
            },
        };
        // Which files are trained on, and must not be measured on, is known now.
        Problem[] broken = [.. RecipeRules.BrokenBy(opened).Select(static b => new Problem(b.Key, b.Message, b.Remedy))];
        return broken.Length == 0 ? opened : throw new UserErrorException(broken);

        IReadOnlyList<DataSource> Unless(IReadOnlyList<DataSource> given, List<DataSource> found, string key)
        {
            if (given.Count > 0 || found.Count == 0)
                return given;
            choices.Note(key, string.Join(", ", found.Select(static f => Path.GetFileName(f.Path))), "found in the folder by its name");
            return found;
        }
    }
}
