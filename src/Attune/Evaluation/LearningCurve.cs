namespace Attune.Evaluation;

/// <summary>What one run came to.</summary>
/// <param name="Rows">Rows that it learned from, above 0.</param>
/// <param name="Error">Its error on held-out rows: a loss, or one minus an accuracy. Not below 0.</param>
public readonly record struct CurveSample(double Rows, double Error);

/// <summary>A value of a fitted curve with its 95 % interval; without bounds where the runs leave no degree of freedom.</summary>
/// <param name="Value">The best.</param>
/// <param name="Interval">From where to where it may lie.</param>
public readonly record struct Estimate(double Value, Interval Interval);

/// <summary>
/// A learning curve: error(n) = a + b · (n / N)^−c, N being the largest number of rows that was seen (Hestness et al. 2017; Viering and Loog 2022, where a power
/// law with an offset is the form that fits most curves well). a is what no number of such rows takes away, b what more rows than N still can, c how fast.
/// </summary>
/// <remarks>
/// Least squares, a run weighing by the inverse square of the mean error at its number of rows: the spread between runs grows with the error. For each c a
/// and b follow in closed form, neither below 0; c is searched on a grid and then between its neighbours, so that there is no starting point and no local minimum to be caught in. Intervals are by profile likelihood: all values with which the
/// other parameters, at their best, leave a sum of squares of at most (1 + t² / (runs − 3)) times the smallest, t being Student's quantile. They hold for the rows that were measured on,
/// over which rows were drawn and how training went.
/// </remarks>
public sealed class LearningCurve
{
    private const int Parameters = 3;
    private const double LeastC = 0.02, MostC = 4, LeastError = 1e-9;

    private static readonly double[] Exponents = [.. Enumerable.Range(0, 81).Select(static i => LeastC * Math.Pow(MostC / LeastC, i / 80.0))];

    private readonly CurveGroup[] groups;

    // Squares between the groups' means and a curve, up to which it is believed.
    private readonly double limit;

    private LearningCurve(CurveGroup[] groups, double most, double spread)
    {
        this.groups = groups;
        Most = most;
        Runs = groups.Sum(static g => g.Count);
        C = Search(groups, static (g, x, _) => CurveGroup.Fit(g, x).Squares).C;
        (A, B, var squares) = CurveGroup.Fit(groups, CurveGroup.Powers(groups, C));
        var least = squares + spread;
        var freedom = Runs - Parameters;
        var t = freedom > 0 ? SmallSample.Quantile(freedom) : double.PositiveInfinity;
        // A hair above the smallest, so that runs without any spread have an interval of rounding's width.
        limit = Math.Max(least, 1e-20 * Runs) * (freedom > 0 ? 1 + t * t / freedom : double.PositiveInfinity) - spread;
        Deviation = freedom > 0 ? Math.Sqrt(least / freedom) : double.NaN;
    }

    /// <summary>What no number of such rows takes away.</summary>
    public double A { get; }

    /// <summary>What more rows than <see cref="Most"/> can take away.</summary>
    public double B { get; }

    /// <summary>The exponent.</summary>
    public double C { get; }

    /// <summary>Rows of the largest runs.</summary>
    public double Most { get; }

    /// <summary>How many runs it rests on.</summary>
    public int Runs { get; }

    /// <summary>Standard deviation of a run around the curve, as a part of the error; not a number where no degree of freedom is left.</summary>
    public double Deviation { get; }

    /// <summary>Fits a curve.</summary>
    /// <param name="samples">Runs on three or more different numbers of rows.</param>
    public static LearningCurve Fit(IReadOnlyList<CurveSample> samples)
    {
        if (samples.Any(static s => !(s.Rows > 0) || !(s.Error >= 0) || !double.IsFinite(s.Rows + s.Error)))
            throw new ArgumentException("rows above 0 and errors from 0 are expected", nameof(samples));
        var sizes = samples.GroupBy(static s => s.Rows).OrderBy(static g => g.Key).ToArray();
        if (sizes.Length < Parameters)
            throw new ArgumentException($"three different numbers of rows are needed, not {sizes.Length}", nameof(samples));
        var most = sizes[^1].Key;
        // An error of zero must not weigh without bound.
        var floor = Math.Max(0.02 * sizes.Max(static g => g.Average(static s => s.Error)), LeastError);
        var groups = new List<CurveGroup>();
        double spread = 0;
        foreach (var size in sizes)
        {
            var mean = size.Average(static s => s.Error);
            var weight = 1 / Math.Pow(Math.Max(mean, floor), 2);
            groups.Add(new CurveGroup(size.Key / most, mean, weight, size.Count()));
            spread += weight * size.Sum(s => (s.Error - mean) * (s.Error - mean));
        }
        return new LearningCurve([.. groups], most, spread);
    }

    /// <summary>The error that the curve has at a number of rows.</summary>
    public double At(double rows) => A + B * Math.Pow(rows / Most, -C);

    /// <summary><see cref="A"/> with its interval.</summary>
    public Estimate Floor => Of(A, a => Best((g, x, _) => CurveGroup.Through(g, x, 0, a)));

    /// <summary><see cref="B"/> with its interval.</summary>
    public Estimate Reducible => Of(B, b => Best((g, x, _) => CurveGroup.WithSlope(g, x, b)));

    /// <summary><see cref="C"/> with its interval, within those exponents that are looked at (0.02 to 4).</summary>
    public Estimate Exponent => new(C, Bounds(C, c => CurveGroup.Fit(groups, CurveGroup.Powers(groups, c)).Squares, LeastC, MostC));

    /// <summary>The error at a number of rows with the interval of the curve there.</summary>
    public Estimate Mean(double rows) => Of(At(rows), y => Best((g, x, c) => CurveGroup.Through(g, x, Math.Pow(rows / Most, -c), y)));

    /// <summary>What the error falls by from one number of rows to another, larger one.</summary>
    public Estimate Gain(double from, double to) => Of(
        At(from) - At(to), fall => Best((g, x, c) => CurveGroup.WithSlope(g, x, fall / (Math.Pow(from / Most, -c) - Math.Pow(to / Most, -c)))));

    /// <summary>What the mean of runs that were not fitted should come to: their own spread is in the interval.</summary>
    /// <param name="rows">Rows that they learn from.</param>
    /// <param name="runs">How many there are.</param>
    public Estimate Predict(double rows, int runs)
    {
        var at = At(rows);
        // As one more point: the intervals of linear models for new observations come out of the same.
        CurveGroup[] more = [.. groups, new CurveGroup(rows / Most, at, 1 / Math.Pow(Math.Max(at, LeastError), 2), runs)];
        return Of(at, y =>
        {
            more[^1] = more[^1] with { Mean = y };
            return Search(more, static (g, x, _) => CurveGroup.Fit(g, x).Squares).Squares;
        });
    }

    private Estimate Of(double best, Func<double, double> squares) => new(best, Bounds(best, squares, 0, double.PositiveInfinity));

    private double Best(Squares squares) => Search(groups, squares).Squares;

    // The squares that are left with an exponent, given the groups and their powers of it.
    private delegate double Squares(ReadOnlySpan<CurveGroup> groups, ReadOnlySpan<double> x, double c);

    // The best exponent: of a grid, then between its neighbours by golden sections.
    private static (double C, double Squares) Search(CurveGroup[] groups, Squares squares)
    {
        const double golden = 0.6180339887498949;
        double At(double c) => squares(groups, CurveGroup.Powers(groups, c), c);
        var (best, value) = (0, double.PositiveInfinity);
        for (var i = 0; i < Exponents.Length; i++)
        {
            if (At(Exponents[i]) is var here && here < value)
                (best, value) = (i, here);
        }
        double low = Exponents[Math.Max(0, best - 1)], high = Exponents[Math.Min(Exponents.Length - 1, best + 1)];
        for (var i = 0; i < 24; i++)
        {
            double left = high - golden * (high - low), right = low + golden * (high - low);
            if (At(left) < At(right))
                high = right;
            else
                low = left;
        }
        var middle = (low + high) / 2;
        return At(middle) is var refined && refined < value ? (middle, refined) : (Exponents[best], value);
    }

    private Interval Bounds(double best, Func<double, double> squares, double lowest, double highest)
    {
        if (!double.IsFinite(limit))
            return new Interval(lowest, highest);
        double End(double end, int sign)
        {
            var (inside, step) = (best, Math.Max(Math.Abs(best), 1e-9) * 1e-3);
            // Outwards by steps that double, then between the last two.
            while (true)
            {
                var outside = sign < 0 ? Math.Max(best - step, end) : Math.Min(best + step, end);
                if (squares(outside) > limit)
                    return Between(inside, outside, squares);
                if (outside == end || step > 1e12)
                    return end;
                (inside, step) = (outside, step * 2);
            }
        }
        return new Interval(End(lowest, -1), End(highest, 1));
    }

    private double Between(double inside, double outside, Func<double, double> squares)
    {
        for (var i = 0; i < 50; i++)
        {
            var middle = (inside + outside) / 2;
            (inside, outside) = squares(middle) > limit ? (inside, middle) : (middle, outside);
        }
        return inside;
    }
}
