using Attune.Engine;

namespace Attune.Evaluation;

/// <summary>A 95 % interval.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Low, double High);

/// <summary>The bootstrap (Efron 1979; paired: Koehn 2004): rows are drawn again with replacement, both measurements of a row together.</summary>
public static class Bootstrap
{
    /// <summary>How often the rows are drawn.</summary>
    public const int Draws = 2000;

    /// <summary>Interval of after − before: the middle 95 % of the differences over drawn rows.</summary>
    /// <param name="before">One model's scores.</param>
    /// <param name="after">The other's, on the same rows in the same order.</param>
    /// <param name="seed">Of the drawing.</param>
    public static Interval Difference(RowScores before, RowScores after, long seed = 1)
    {
        if (before.Rows != after.Rows)
            throw new ArgumentException($"{before.Rows} rows before and {after.Rows} after");
        var (was, now) = (new double[before.Width], new double[after.Width]);
        return Middle(before.Rows, seed, rows =>
        {
            Array.Clear(was);
            Array.Clear(now);
            foreach (var row in rows)
            {
                before.Add(row, was);
                after.Add(row, now);
            }
            return after.Finish(now) - before.Finish(was);
        });
    }

    /// <summary>Interval of one model's value.</summary>
    public static Interval Of(RowScores scores, long seed = 1)
    {
        var totals = new double[scores.Width];
        return Middle(scores.Rows, seed, rows =>
        {
            Array.Clear(totals);
            foreach (var row in rows)
                scores.Add(row, totals);
            return scores.Finish(totals);
        });
    }

    private static Interval Middle(int count, long seed, Func<int[], double> value)
    {
        if (count == 0)
            return new Interval(0, 0);
        var key = RandomKey.OfSeed(seed).For("bootstrap");
        var (rows, values) = (new int[count], new double[Draws]);
        for (var d = 0; d < Draws; d++)
        {
            for (var i = 0; i < count; i++)
                rows[i] = key.Below(count, (long)d * count + i);
            values[d] = value(rows);
        }
        Array.Sort(values);
        return new Interval(values[(int)(Draws * 0.025)], values[(int)(Draws * 0.975) - 1]);
    }
}
