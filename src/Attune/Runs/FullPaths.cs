using Attune.Data;
using Attune.Evaluation.Suites;
using Attune.Recipes;

namespace Attune.Runs;

/// <summary>Paths of a recipe as seen from anywhere, so that a recipe that is written into another folder runs as it stands.</summary>
internal static class FullPaths
{
    public static Recipe Of(Recipe recipe)
    {
        string Full(string path) => Path.GetFullPath(path);
        DataSource Whole(DataSource source) => source with { Path = Full(source.Path) };
        var data = recipe.Data;
        return recipe with
        {
            Model = Full(recipe.Model),
            Objective = recipe.Objective with
            {
                Teacher = recipe.Objective.Teacher is { } teacher ? Full(teacher) : null,
                TeacherAdapter = recipe.Objective.TeacherAdapter is { } adapter ? Full(adapter) : null,
                File = recipe.Objective.File is { } file ? Full(file) : null,
                Compare = recipe.Objective.Compare is { } compared ? Full(compared) : null,
            },
            Data = data with
            {
                Train = [.. data.Train.Select(Whole)],
                Valid = [.. data.Valid.Select(Whole)],
                Test = [.. data.Test.Select(Whole)],
                Replay = [.. data.Replay.Select(Whole)],
                Known = data.Known is { } known ? Full(known) : null,
                Template = data.Template is null or "chatml" ? data.Template : Full(data.Template),
            },
            Eval = recipe.Eval with
            {
                General = recipe.Eval.General is null or EvalRecipe.None ? recipe.Eval.General : Full(recipe.Eval.General),
                Suites = [.. recipe.Eval.Suites.Select(s => Suite.BuiltIn.Contains(s) ? s : Full(s))],
                SuiteData = recipe.Eval.SuiteData is { } folder ? Full(folder) : null,
            },
        };
    }
}
