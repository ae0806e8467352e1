namespace Attune.Engine.Formats;

/// <summary>
/// Finds scale s ≥ 0 and minimum m ≥ 0 such that s · q − m, with whole q in 0 … largest, is near to 32 given numbers: the least sum of
/// squares weighted by |x| + root mean square, so that large weights, which carry the output, are met best.
/// </summary>
internal static unsafe class AffineFit
{
    private const int Count = 32, Steps = 20;

    /// <summary>
    /// The best of a row of ranges from slightly wider to clearly narrower than the numbers' own, each followed by the exact weighted
    /// least squares for the numbers q that it leads to.
    /// </summary>
    public static (float Scale, float Minimum) Of(float* x, int largest)
    {
        double low = 0, high = double.MinValue, squares = 0;
        for (var i = 0; i < Count; i++)
        {
            // The minimum is subtracted and not negative: zero is always in reach.
            (low, high) = (Math.Min(low, x[i]), Math.Max(high, x[i]));
            squares += (double)x[i] * x[i];
        }
        if (high <= low)
            return (0, (float)-low);
        var floor = Math.Sqrt(squares / Count);
        var best = (Scale: (high - low) / largest, Minimum: -low);
        var least = Error(x, best.Scale, best.Minimum, largest, floor);
        for (var step = 0; step <= Steps; step++)
        {
            var scale = (high - low) / (largest - 1 + 0.1 * step);
            var fitted = Refit(x, scale, -low, largest, floor);
            if (fitted.Scale <= 0)
                continue;
            var error = Error(x, fitted.Scale, fitted.Minimum, largest, floor);
            if (error < least)
                (best, least) = (fitted, error);
        }
        return ((float)best.Scale, (float)best.Minimum);
    }

    private static double Weight(float x, double floor) => Math.Abs(x) + floor;

    private static double Code(float x, double scale, double minimum, int largest) => Math.Clamp(Math.Round((x + minimum) / scale), 0, largest);

    private static double Error(float* x, double scale, double minimum, int largest, double floor)
    {
        double sum = 0;
        for (var i = 0; i < Count; i++)
        {
            var off = scale * Code(x[i], scale, minimum, largest) - minimum - x[i];
            sum += Weight(x[i], floor) * off * off;
        }
        return sum;
    }

    // Normal equations of Σ w (s q − m − x)² for the q that (scale, minimum) leads to; m is held at 0 where it would turn negative.
    private static (double Scale, double Minimum) Refit(float* x, double scale, double minimum, int largest, double floor)
    {
        double w = 0, wq = 0, wqq = 0, wx = 0, wqx = 0;
        for (var i = 0; i < Count; i++)
        {
            var (weight, q) = (Weight(x[i], floor), Code(x[i], scale, minimum, largest));
            w += weight;
            wq += weight * q;
            wqq += weight * q * q;
            wx += weight * x[i];
            wqx += weight * q * x[i];
        }
        var determinant = w * wqq - wq * wq;
        if (determinant > 0)
        {
            var m = (wq * wqx - wqq * wx) / determinant;
            if (m >= 0)
                return ((w * wqx - wq * wx) / determinant, m);
        }
        return wqq > 0 ? (wqx / wqq, 0) : (0, 0);
    }
}
