namespace Attune.Recipes;

/// <summary>What <c>attune search</c> varies, and by which rules; <c>train</c> leaves it alone.</summary>
public sealed record SearchRecipe
{
    /// <summary>Keys of the recipe that attune search varies: {train.learning_rate: {from: 1e-5, to: 1e-2, scale: log}, method.rank: {choices: [4, 8, 16]}}. step: 8 makes a range a grid; when: {method.kind: lora} gives a key a value beside that choice only. none: nothing.</summary>
    public IReadOnlyList<SpaceEntry> Space { get; init; } = [];

    /// <summary>What proposes the next trial: tpe, which learns from the trials so far, random, or quasi-random, which fills the space evenly.</summary>
    public string Sampler { get; init; } = "tpe";

    /// <summary>What ends a trial early that does worse than others did at the same validation: asha (successive halving), median, or none.</summary>
    public string Pruner { get; init; } = "asha";

    /// <summary>Of asha: of so many trials that come to a rung one goes on, and the next rung is so many times as many validations away.</summary>
    public int Reduction { get; init; } = 3;

    /// <summary>Validations of every trial before any is ended early; the first rung of asha.</summary>
    public int Grace { get; init; } = 1;

    /// <summary>What is made best, measured on the validation rows: a metric as eval.metrics names it. auto: the loss on the validation rows.</summary>
    public string? Metric { get; init; }

    /// <summary>Trials of the study in all, those of earlier calls and other processes among them. auto: 20, or without an end where search.time is given.</summary>
    public int? Trials { get; init; }

    /// <summary>Time of one call, such as 30m, after which the trials that run are stopped and wait for the next call. auto: no limit.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Trials that run at once, each on its share of threads and memory.</summary>
    public int Parallel { get; init; } = 1;

    /// <summary>Seed of the sampler.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Where the study is kept: a file, or a PostgreSQL connection string, for several machines. auto: study.db in the study's folder.</summary>
    public string? Store { get; init; }

    /// <summary>Whose weights stay on the disk: the best trial's, or those of all.</summary>
    public KeptTrials Keep { get; init; }
}

/// <summary>Which trials keep their weights.</summary>
public enum KeptTrials
{
    /// <summary>The best one.</summary>
    Best,

    /// <summary>Every one that is done.</summary>
    All,
}

/// <summary>A key that a search varies. Either a range (<see cref="From"/>, <see cref="To"/>) or <see cref="Choices"/>.</summary>
/// <param name="Key">The key's full name.</param>
public sealed record SpaceEntry(string Key)
{
    /// <summary>The lower end of a range.</summary>
    public double? From { get; init; }

    /// <summary>The upper end of a range.</summary>
    public double? To { get; init; }

    /// <summary>Whether a range is drawn by its logarithm.</summary>
    public bool IsLog { get; init; }

    /// <summary>The distance of neighbours in a range; null for none.</summary>
    public double? Step { get; init; }

    /// <summary>Whether the key takes whole numbers only.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The values to choose from, as the recipe writes them; none where it is a range.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The key that it depends on, and the values of that beside which it is there; null where it always is.</summary>
    public (string Key, IReadOnlyList<string> Values)? When { get; init; }

    /// <summary>What is wrong with it, beyond what it has to do with others; a recipe that was read has none.</summary>
    internal IReadOnlyList<string> Problems { get; init; } = [];
}
