namespace Attune.Evaluation;

/// <summary>
/// What one metric saw of one model, row by row, in a form whose rows can be drawn again: each row adds to a few totals, and the
/// metric's value is a function of the totals. Intervals and tests need nothing else.
/// </summary>
public abstract class RowScores
{
    /// <summary>Rows that were measured.</summary>
    public abstract int Rows { get; }

    /// <summary>How many totals there are.</summary>
    public abstract int Width { get; }

    /// <summary>Adds a row to the totals.</summary>
    public abstract void Add(int row, Span<double> totals);

    /// <summary>The metric's value, of totals over at least one row.</summary>
    public abstract double Finish(ReadOnlySpan<double> totals);

    /// <summary>For metrics that call each row right or wrong: which; null for others.</summary>
    public virtual IReadOnlyList<bool>? Right => null;

    /// <summary>The value over all rows; 0 where there are none.</summary>
    public double Value
    {
        get
        {
            if (Rows == 0)
                return 0;
            var totals = new double[Width];
            for (var row = 0; row < Rows; row++)
                Add(row, totals);
            return Finish(totals);
        }
    }
}

/// <summary>A mean: Σ sums / Σ weights, or a function of it.</summary>
public sealed class MeanScores : RowScores
{
    private readonly double[] sums, weights;
    private readonly Func<double, double>? of;

    /// <summary>Every row has a sum over what counts in it, and the weight of that.</summary>
    /// <param name="sums">By row.</param>
    /// <param name="weights">By row: tokens, say.</param>
    /// <param name="of">What the value is of the mean; null for the mean itself.</param>
    public MeanScores(double[] sums, double[] weights, Func<double, double>? of = null)
    {
        if (sums.Length != weights.Length)
            throw new ArgumentException($"{sums.Length} sums and {weights.Length} weights");
        (this.sums, this.weights, this.of) = (sums, weights, of);
    }

    /// <summary>Every row counts once.</summary>
    public MeanScores(IEnumerable<double> scores)
    {
        sums = [.. scores];
        weights = new double[sums.Length];
        Array.Fill(weights, 1);
    }

    /// <summary>Every row is right (1) or wrong (0).</summary>
    public MeanScores(IReadOnlyList<bool> right)
        : this(right.Select(static r => r ? 1.0 : 0)) => Right = right;

    /// <inheritdoc />
    public override IReadOnlyList<bool>? Right { get; }

    /// <inheritdoc />
    public override int Rows => sums.Length;

    /// <inheritdoc />
    public override int Width => 2;

    /// <inheritdoc />
    public override void Add(int row, Span<double> totals)
    {
        totals[0] += sums[row];
        totals[1] += weights[row];
    }

    /// <inheritdoc />
    public override double Finish(ReadOnlySpan<double> totals)
    {
        // Rows without a token that counts may be all that a draw caught.
        var mean = totals[1] > 0 ? totals[0] / totals[1] : 0;
        return of is null ? mean : of(mean);
    }
}
