using Attune.Engine;
using Attune.Problems;

namespace Attune.Selection;

/// <summary>Which end of an order of difficulty is wanted.</summary>
public enum SelectionEnd
{
    /// <summary>The lowest scores first.</summary>
    Low,

    /// <summary>Those nearest to the median first.</summary>
    Middle,

    /// <summary>The highest first.</summary>
    High,
}

/// <summary>What a selector chooses by.</summary>
/// <param name="Rows">The rows that may be chosen.</param>
/// <param name="Scores">What was measured of them.</param>
/// <param name="Options">The user's wishes.</param>
internal sealed record SelectionInput(IReadOnlyList<SelectionRow> Rows, ScoreView? Scores, SelectorOptions Options)
{
    /// <summary>Some of the rows, as if there were no others.</summary>
    /// <param name="rows">Which, by index.</param>
    /// <param name="name">What they are: what is drawn for them is drawn by it.</param>
    public SelectionInput Of(int[] rows, string name) => new([.. rows.Select(i => Rows[i])], Scores?.Of(rows), Options with { Part = name });
}

/// <summary>What was measured of the rows that a selector chooses from.</summary>
/// <param name="log">What was measured of all rows.</param>
/// <param name="rows">Those that may be chosen, as they are numbered there; null for all.</param>
internal sealed class ScoreView(ScoreLog log, int[]? rows = null)
{
    /// <summary>Their vectors; null where the measures have none.</summary>
    public Vectors? Vectors { get; } = rows is null ? log.Vectors : log.Vectors?.Of(rows);

    /// <summary>The numbers of a row in a pass.</summary>
    public double[] this[int pass, int row] => log[pass, rows is null ? row : rows[row]];

    /// <summary>Of some of them.</summary>
    public ScoreView Of(int[] some) => new(log, rows is null ? some : [.. some.Select(i => rows[i])]);
}

/// <summary>Wishes that selectors read.</summary>
internal sealed record SelectorOptions
{
    /// <summary>For perplexity: which end; null for its own rule.</summary>
    public SelectionEnd? End { get; init; }

    /// <summary>For quality with diversity: the highest cosine to a row that is kept; null to find it in the data.</summary>
    public double? Apart { get; init; }

    /// <summary>Decides what is drawn.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Rates of the checkpoints that influence was measured at.</summary>
    public IReadOnlyList<double> Rates { get; init; } = [];

    /// <summary>The pass that measured the loss of the answers; −1 where none did.</summary>
    public int LossPass { get; init; } = -1;

    /// <summary>Which part of the rows is chosen from, where parts are chosen from one by one; empty for all.</summary>
    public string Part { get; init; } = "";

    /// <summary>The key of what is drawn.</summary>
    public RandomKey Key => Part.Length == 0 ? RandomKey.OfSeed(Seed).For("selection") : RandomKey.OfSeed(Seed).For("selection").For(Part);
}

/// <summary>Rows that a rule never keeps.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Why">What is said behind their number.</param>
internal sealed record LeftOut(int Rows, string Why);

/// <summary>An order of rows, best first.</summary>
/// <param name="Order">Rows by index, each at most once, computed as it is read; rows that are not in it are never kept.</param>
internal sealed record Ranking(IEnumerable<int> Order)
{
    /// <summary>A number for each row, for the account; null where rows have none.</summary>
    public double[]? Scores { get; init; }

    /// <summary>What the number is.</summary>
    public string ScoreName { get; init; } = "";

    /// <summary>Rows that are left out whatever the budget: they are not in the order.</summary>
    public IReadOnlyList<LeftOut> LeftOut { get; init; } = [];

    /// <summary>What is wrong where the order is empty.</summary>
    public Problem? Refusal { get; init; }

    /// <summary>What the rule found in the data, one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>A way to choose rows. To add one: a file, and a line in <see cref="Selectors"/>.</summary>
internal abstract class Selector
{
    /// <summary>The word on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What is kept, in a few words.</summary>
    public abstract string Summary { get; }

    /// <summary>What a model must say of the rows first, in this order.</summary>
    public virtual IReadOnlyList<Func<MeasureParts, RowMeasure>> Measures => [];

    /// <summary>Whether one of its measures is the loss of the answers.</summary>
    public virtual bool MeasuresLoss => false;

    /// <summary>Whether it learns from validation rows what is wanted.</summary>
    public virtual bool NeedsValidation => false;

    /// <summary>Whether its order has ends to choose from.</summary>
    public virtual bool HasEnds => false;

    /// <summary>Puts the rows in order.</summary>
    public abstract Ranking Rank(SelectionInput input);

    /// <summary>Rows by a score, ties in the order of the file; from the median outwards where the middle is wanted.</summary>
    protected static IEnumerable<int> By(double[] scores, SelectionEnd end)
    {
        var rows = Enumerable.Range(0, scores.Length);
        return end switch
        {
            SelectionEnd.Low => rows.OrderBy(i => scores[i]),
            SelectionEnd.High => rows.OrderByDescending(i => scores[i]),
            _ => FromMiddle([.. rows.OrderBy(i => scores[i])]),
        };
    }

    private static IEnumerable<int> FromMiddle(int[] ascending)
    {
        var (below, above) = ((ascending.Length - 1) / 2, (ascending.Length - 1) / 2 + 1);
        while (below >= 0 || above < ascending.Length)
        {
            if (below >= 0)
                yield return ascending[below--];
            if (above < ascending.Length)
                yield return ascending[above++];
        }
    }
}

/// <summary>The selectors. To add one: a file, and a line here.</summary>
internal static class Selectors
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Selector> All { get; } =
    [
        new RandomSelector(), new PerplexitySelector(), new DifficultySelector(), new InfluenceSelector(), new KCentreSelector(), new FacilityLocationSelector(), new QualityDiversitySelector(),
    ];

    /// <summary>The selector of a name.</summary>
    /// <exception cref="UserErrorException">There is none.</exception>
    public static Selector Find(string name) => All.FirstOrDefault(s => s.Name == name) ?? throw new UserErrorException(
        $"--by {name}", "there is no such selector",
        (Nearest.To(name, All.Select(static s => s.Name)) is { } near ? $"did you mean {near}? " : "") + $"known are {string.Join(", ", All.Select(static s => s.Name))}");
}
