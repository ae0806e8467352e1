using Attune.Data;
using Attune.Recipes;
using Attune.Reports;
using Attune.Search;

namespace Attune.Runs;

/// <summary>The recipes of a search: of each trial, and of the best one as the user gets it.</summary>
internal static class TrialRecipe
{
    /// <summary>
    /// What all trials have in common. Test rows are left out, so that no trial can look at them: what a trial measures, it measures on the
    /// validation rows. So is all that is no part of the comparison: general text, suites, memorisation, exports, the guard.
    /// </summary>
    /// <param name="recipe">The recipe, with files in the place of folders.</param>
    public static Recipe Shared(Recipe recipe) => FullPaths.Of(recipe) with
    {
        Output = null,
        Export = [],
        Guard = new GuardRecipe(),
        Search = new SearchRecipe(),
        Data = FullPaths.Of(recipe).Data with { Test = [] },
        Objective = recipe.Objective with { Compare = null },
        Eval = new EvalRecipe
        {
            General = EvalRecipe.None,
            Memorisation = 0,
            Samples = 0,
            Rows = recipe.Search.Metric is null ? 0 : recipe.Eval.Rows,
            MaxNewTokens = recipe.Search.Metric is null ? null : recipe.Eval.MaxNewTokens,
            Metrics = recipe.Search.Metric is { } metric ? [metric] : [],
        },
    };

    /// <summary>A recipe with the values of a trial.</summary>
    public static Recipe With(Recipe recipe, Trial trial) => SpaceRules.With(recipe, trial.Values.Select(static v => (v.Name, v.Value)));

    /// <summary>
    /// What the study is about, told by contents rather than by places, so that another machine can work on it: model and rows by their
    /// fingerprints. What changes no result (threads, memory, time) is no part of it.
    /// </summary>
    public static StudyIdentity Identity(Recipe recipe, Recipe shared, string fingerprint)
    {
        static DataSource Named(DataSource source) => source with { Path = Path.GetFileName(source.Path) };
        static IEnumerable<string> Hashes(string role, IEnumerable<DataSource> files) => files.Select(f => $"{role} {ManifestFile.Of(role, f.Path).Sha256}");
        var portable = shared with
        {
            Model = Path.GetFileName(shared.Model),
            Data = shared.Data with { Train = [.. shared.Data.Train.Select(Named)], Valid = [.. shared.Data.Valid.Select(Named)] },
            Limits = new LimitsRecipe(),
            Train = shared.Train with { Threads = null },
            Search = new SearchRecipe { Space = recipe.Search.Space, Metric = recipe.Search.Metric },
        };
        string[] contents = [$"model {fingerprint}", .. Hashes("data.train", shared.Data.Train), .. Hashes("data.valid", shared.Data.Valid)];
        // Of the section only what the study is about: sampler, pruner and budgets may change on the way.
        string[] own = [$"search.space {RecipeKeys.Find("search.space")!.Write(portable)}", $"search.metric {RecipeKeys.Find("search.metric")!.Write(portable)}"];
        return new StudyIdentity(
            "search", string.Join('\n', [RecipeWriter.Write(portable with { Search = new SearchRecipe() }), .. own, .. contents, ""]));
    }

    /// <summary>The user's recipe with the values of a trial, as a file that says where each came from.</summary>
    public static string Best(Recipe recipe, Trial best, string sentence)
    {
        var reasons = best.Values.ToDictionary(static v => v.Name, v => $"searched: {SpaceKind.WriteOne(recipe.Search.Space.First(e => e.Key == v.Name))}");
        var plain = With(FullPaths.Of(recipe), best) with { Output = null, Search = new SearchRecipe() };
        return RecipeWriter.Write(plain, reasons, sentence);
    }
}
