namespace Attune.Evaluation;

/// <summary>Shares of counted rows, and how far they may lie from what other rows of the kind would give.</summary>
public static class Proportion
{
    // The normal distribution's middle 95 %.
    private const double Z = 1.959963984540054;

    /// <summary>Wilson's score interval (1927) of a share; that of no rows is everything.</summary>
    /// <param name="count">Rows that count.</param>
    /// <param name="rows">Rows in all.</param>
    public static Interval Of(int count, int rows)
    {
        if (rows == 0)
            return new Interval(0, 1);
        var (p, n) = ((double)count / rows, (double)rows);
        var middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n);
        var half = Z / (1 + Z * Z / n) * Math.Sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
        return new Interval(count == 0 ? 0 : middle - half, count == rows ? 1 : middle + half);
    }

    /// <summary>Newcombe's interval (1998, method 10) of the difference of two shares of different rows.</summary>
    /// <param name="count">Rows that count on the one side.</param>
    /// <param name="rows">Rows of the one side, at least 1.</param>
    /// <param name="otherCount">Rows that count on the other.</param>
    /// <param name="others">Rows of the other; with none, the other's share is taken for 0.</param>
    public static Interval Difference(int count, int rows, int otherCount, int others)
    {
        var (p, one) = ((double)count / rows, Of(count, rows));
        var (q, two) = others == 0 ? (0, new Interval(0, 0)) : ((double)otherCount / others, Of(otherCount, others));
        return new Interval(p - q - Length(p - one.Low, two.High - q), p - q + Length(one.High - p, q - two.Low));
    }

    private static double Length(double a, double b) => Math.Sqrt(a * a + b * b);
}
