using Attune.Evaluation.Metrics;

namespace Attune.Evaluation.Suites;

/// <summary>
/// The area under the ROC curve: of all pairs of a right and a wrong answer, over all rows, the share in which the right one scores
/// higher; ties count half. The score is the log-likelihood per byte. Of two fixed choices it is ln p(first) − ln p(second) against
/// whether the first is expected.
/// </summary>
internal sealed class AnswerAuc : Metric
{
    public override Evidence Needs => Evidence.Choices;

    public override IEnumerable<Score> Measure(Observed seen)
    {
        yield return new Score("AUC of right against made-up", MetricUnit.Number, new AucScores([.. seen.Choices.Select(Items)]));
    }

    private static (double, bool)[] Items(ChoiceScores c) => c switch
    {
        { Flag: { } flag } => [(c.PerByte(0), flag)],
        { True: > 0 } => [.. Enumerable.Range(0, c.LogLikelihoods.Count).Select(i => (c.PerByte(i), i < c.True))],
        _ => [(c.LogLikelihoods[0] - c.LogLikelihoods[1], c.Right == 0)],
    };
}

/// <summary>AUC whose rows can be drawn again. Totals: for each answer the sum of its scores and how often it was drawn, so that rows of two models may be swapped.</summary>
internal sealed class AucScores : RowScores
{
    private readonly (double Score, bool Right)[][] items;
    private readonly int[] first;
    private readonly bool[] right;

    public AucScores((double Score, bool Right)[][] items)
    {
        this.items = items;
        first = new int[items.Length];
        for (var row = 1; row < items.Length; row++)
            first[row] = first[row - 1] + items[row - 1].Length;
        right = [.. items.SelectMany(static row => row).Select(static i => i.Right)];
    }

    public override int Rows => items.Length;

    public override int Width => 2 * right.Length;

    public override void Add(int row, Span<double> totals)
    {
        for (var i = 0; i < items[row].Length; i++)
        {
            totals[2 * (first[row] + i)] += items[row][i].Score;
            totals[2 * (first[row] + i) + 1]++;
        }
    }

    /// <summary>0.5 where one of the two kinds is missing.</summary>
    public override double Finish(ReadOnlySpan<double> totals)
    {
        var drawn = new List<(double Score, bool Right, double Times)>(right.Length);
        for (var i = 0; i < right.Length; i++)
        {
            if (totals[2 * i + 1] > 0)
                drawn.Add((totals[2 * i] / totals[2 * i + 1], right[i], totals[2 * i + 1]));
        }
        drawn.Sort(static (a, b) => a.Score.CompareTo(b.Score));
        var (rights, wrongs, above) = (0.0, 0.0, 0.0);
        for (var from = 0; from < drawn.Count;)
        {
            var (to, r, w) = (from, 0.0, 0.0);
            for (; to < drawn.Count && drawn[to].Score == drawn[from].Score; to++)
            {
                r += drawn[to].Right ? drawn[to].Times : 0;
                w += drawn[to].Right ? 0 : drawn[to].Times;
            }
            above += r * (wrongs + w / 2);
            (rights, wrongs, from) = (rights + r, wrongs + w, to);
        }
        return rights == 0 || wrongs == 0 ? 0.5 : above / (rights * wrongs);
    }
}
