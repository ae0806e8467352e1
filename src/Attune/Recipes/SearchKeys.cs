using static Attune.Recipes.ValueKinds;

namespace Attune.Recipes;

/// <summary>The keys of the section <c>search</c>.</summary>
internal static class SearchKeys
{
    /// <summary>The section.</summary>
    public const string Section = "search";

    /// <summary>Names that other folders give a meaning to; a test holds them together.</summary>
    public static readonly string[] Samplers = ["tpe", "random", "quasi-random"], Pruners = ["asha", "median", "none"];

    public static IReadOnlyList<RecipeKey> All { get; } =
    [
        Search("space", SpaceKind.Kind,
            "Keys of the recipe that attune search varies: {train.learning_rate: {from: 1e-5, to: 1e-2, scale: log}, method.rank: {choices: [4, 8, 16]}}. step: 8 makes a range a grid; when: {method.kind: lora} gives a key a value beside that choice only. none: nothing.",
            s => s.Space, (s, v) => s with { Space = v }),
        Search("sampler", Word(Samplers),
            "What proposes the next trial: tpe, which learns from the trials so far, random, or quasi-random, which fills the space evenly.",
            s => s.Sampler, (s, v) => s with { Sampler = v }),
        Search("pruner", Word(Pruners),
            "What ends a trial early that does worse than others did at the same validation: asha (successive halving), median, or none.",
            s => s.Pruner, (s, v) => s with { Pruner = v }),
        Search("reduction", Whole(2, 100),
            "Of asha: of so many trials that come to a rung one goes on, and the next rung is so many times as many validations away.",
            s => s.Reduction, (s, v) => s with { Reduction = v }, r => r.Search.Pruner == "asha" ? null : "search.pruner is not asha"),
        Search("grace", Whole(1, 1000), "Validations of every trial before any is ended early; the first rung of asha.",
            s => s.Grace, (s, v) => s with { Grace = v }, r => r.Search.Pruner == "none" ? "search.pruner is none" : null),
        Search("metric", AutoText(MetricNames.One),
            "What is made best, measured on the validation rows: a metric as eval.metrics names it. auto: the loss on the validation rows.",
            s => s.Metric, (s, v) => s with { Metric = v }),
        Search("trials", Auto(Whole(1, 1_000_000)),
            "Trials of the study in all, those of earlier calls and other processes among them. auto: 20, or without an end where search.time is given.",
            s => s.Trials, (s, v) => s with { Trials = v }),
        Search("time", Auto(Duration), "Time of one call, such as 30m, after which the trials that run are stopped and wait for the next call. auto: no limit.",
            s => s.Time, (s, v) => s with { Time = v }),
        Search("parallel", Whole(1, 1024), "Trials that run at once, each on its share of threads and memory.",
            s => s.Parallel, (s, v) => s with { Parallel = v }),
        Search("seed", Seed, "Seed of the sampler.",
            s => s.Seed, (s, v) => s with { Seed = v }),
        Search("store", AutoText(SpaceKind.Store),
            "Where the study is kept: a file, or a PostgreSQL connection string, for several machines. auto: study.db in the study's folder.",
            s => s.Store, (s, v) => s with { Store = v }),
        Search("keep", OneOf(("best", KeptTrials.Best), ("all", KeptTrials.All)), "Whose weights stay on the disk: the best trial's, or those of all.",
            s => s.Keep, (s, v) => s with { Keep = v }),
    ];

    // The bare flags are those of attune search; train has some of the same names for other things.
    private static RecipeKey<T> Search<T>(
        string leaf, ValueKind<T> kind, string help, Func<SearchRecipe, T> get, Func<SearchRecipe, T, SearchRecipe> with, Func<Recipe, string?>? idle = null) =>
        new($"{Section}.{leaf}", kind, help, r => get(r.Search), (r, v) => r with { Search = with(r.Search, v) }, $"{Section}-{leaf}")
        {
            Role = KeyRole.Report,
            Idle = r => r.Search.Space.Count == 0 && leaf != "space" ? "search.space is none" : idle?.Invoke(r),
        };
}
