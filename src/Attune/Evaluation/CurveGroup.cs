namespace Attune.Evaluation;

/// <summary>The runs on one number of rows, and least squares over such groups with the exponent given: what <see cref="LearningCurve"/> searches with.</summary>
/// <param name="Part">Rows as a part of the most.</param>
/// <param name="Mean">Mean error of its runs.</param>
/// <param name="Weight">Of one run's square.</param>
/// <param name="Count">Runs.</param>
internal readonly record struct CurveGroup(double Part, double Mean, double Weight, int Count)
{
    private double Whole => Weight * Count;

    /// <summary>Part^−c of every group: what a curve with this exponent is linear in.</summary>
    public static double[] Powers(ReadOnlySpan<CurveGroup> groups, double c)
    {
        var x = new double[groups.Length];
        for (var i = 0; i < x.Length; i++)
            x[i] = Math.Pow(groups[i].Part, -c);
        return x;
    }

    /// <summary>The best a and b, neither below 0, of a + b · x, and the weighted squares that they leave between the groups' means and the curve.</summary>
    public static (double A, double B, double Squares) Fit(ReadOnlySpan<CurveGroup> groups, ReadOnlySpan<double> x)
    {
        double w = 0, x1 = 0, x2 = 0, y1 = 0, xy = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var g = groups[i];
            w += g.Whole;
            x1 += g.Whole * x[i];
            x2 += g.Whole * x[i] * x[i];
            y1 += g.Whole * g.Mean;
            xy += g.Whole * x[i] * g.Mean;
        }
        // Around the mean of x: with a small exponent x hardly differs from one.
        double middle = x1 / w, apart = 0, along = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var d = x[i] - middle;
            apart += groups[i].Whole * d * d;
            along += groups[i].Whole * d * (groups[i].Mean - y1 / w);
        }
        var b = apart > 0 ? along / apart : 0;
        var a = y1 / w - b * middle;
        if (b < 0)
            (a, b) = (y1 / w, 0);
        else if (a < 0)
            (a, b) = (0, xy / x2);
        return (a, b, Squares(groups, x, a, b));
    }

    /// <summary>The squares of the best curve that has the value <paramref name="y"/> where x is <paramref name="at"/>; a and b are not below 0.</summary>
    public static double Through(ReadOnlySpan<CurveGroup> groups, ReadOnlySpan<double> x, double at, double y)
    {
        double apart = 0, along = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var d = x[i] - at;
            apart += groups[i].Whole * d * d;
            along += groups[i].Whole * d * (groups[i].Mean - y);
        }
        var b = Math.Clamp(apart > 0 ? along / apart : 0, 0, at > 0 ? y / at : double.PositiveInfinity);
        return Squares(groups, x, y - b * at, b);
    }

    /// <summary>The squares of the best curve with this b.</summary>
    public static double WithSlope(ReadOnlySpan<CurveGroup> groups, ReadOnlySpan<double> x, double b)
    {
        double w = 0, left = 0;
        for (var i = 0; i < x.Length; i++)
        {
            w += groups[i].Whole;
            left += groups[i].Whole * (groups[i].Mean - b * x[i]);
        }
        return Squares(groups, x, Math.Max(0, left / w), b);
    }

    private static double Squares(ReadOnlySpan<CurveGroup> groups, ReadOnlySpan<double> x, double a, double b)
    {
        double sum = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var d = groups[i].Mean - a - b * x[i];
            sum += groups[i].Whole * d * d;
        }
        return sum;
    }
}
