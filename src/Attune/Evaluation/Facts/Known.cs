using Attune.Data;
using Attune.Problems;

namespace Attune.Evaluation.Facts;

/// <summary>
/// How well a model knows the answer to a question before it is tuned (SliCK: Gekhman et al. 2024, "Does Fine-Tuning LLMs on New Knowledge
/// Encourage Hallucinations?"), by the share of right answers over several few-shot prompts.
/// </summary>
public enum Known
{
    /// <summary>Greedy answers are right under every prompt.</summary>
    HighlyKnown,

    /// <summary>Greedy answers are right under some prompts.</summary>
    MaybeKnown,

    /// <summary>Greedy answers are never right, sampled ones sometimes.</summary>
    WeaklyKnown,

    /// <summary>No answer is right.</summary>
    Unknown,

    /// <summary>The row asks no single question: running text, or several answers in one row.</summary>
    NotAsked,
}

/// <summary>What was found out about one row.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Row">The row's number there, from 1.</param>
/// <param name="Hash">Its <see cref="ExampleKey"/>: a row with other words is another row.</param>
/// <param name="Category">The category.</param>
/// <param name="Greedy">The share of right greedy answers, one a prompt; null where nothing was asked.</param>
/// <param name="Sampled">The share of right sampled answers; null where none was needed.</param>
public sealed record KnownRow(string File, int Row, string Hash, Known Category, double? Greedy, double? Sampled)
{
    /// <summary>The category of shares of right answers.</summary>
    /// <param name="greedy">Of greedy answers.</param>
    /// <param name="sampled">Of sampled ones; they count only where no greedy one is right.</param>
    public static Known Of(double greedy, double sampled) => greedy switch
    {
        1 => Known.HighlyKnown,
        > 0 => Known.MaybeKnown,
        _ => sampled > 0 ? Known.WeaklyKnown : Known.Unknown,
    };
}

/// <summary>How many rows are known how well.</summary>
/// <param name="ByCategory">In the order of <see cref="Known"/>.</param>
public sealed record KnownCounts(IReadOnlyList<int> ByCategory)
{
    /// <summary>Rows of a category.</summary>
    public int this[Known category] => ByCategory[(int)category];

    /// <summary>Rows that were asked.</summary>
    public int Asked => ByCategory.Sum() - this[Known.NotAsked];

    /// <summary>The share of unknown rows among those that were asked.</summary>
    public double UnknownShare => Asked == 0 ? 0 : this[Known.Unknown] / (double)Asked;

    /// <summary>Counts rows.</summary>
    public static KnownCounts Of(IEnumerable<Known> categories)
    {
        var counts = new int[Enum.GetValues<Known>().Length];
        foreach (var category in categories)
            counts[(int)category]++;
        return new KnownCounts(counts);
    }

    /// <summary>As words: "12 HighlyKnown, 3 Unknown"; categories without a row are left out.</summary>
    public override string ToString() => string.Join(", ", Enum.GetValues<Known>().Where(c => this[c] > 0).Select(c => $"{this[c].Grouped()} {c}"));
}
