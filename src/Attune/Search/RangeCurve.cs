using System.Globalization;

namespace Attune.Search;

/// <summary>One step of a learning-rate range test.</summary>
/// <param name="Rate">The learning rate of the step.</param>
/// <param name="Loss">Of the step's rows, before its update.</param>
public readonly record struct RangePoint(double Rate, double Loss);

/// <summary>
/// The curve of a learning-rate range test (Smith, "Cyclical learning rates for training neural networks", WACV 2017): what the loss does
/// while the rate grows by the same factor every step. It is smoothed by a Gaussian over the steps on both sides, which, unlike a running mean, moves nothing towards
/// higher rates.
/// </summary>
public sealed class RangeCurve
{
    private const double WidthsInCurve = 25;

    /// <summary>Reads the curve.</summary>
    /// <param name="points">By rising rate, five at least.</param>
    public RangeCurve(IReadOnlyList<RangePoint> points)
    {
        Points = points;
        Smoothed = Smooth(points);
        var lowest = Smoothed.Index().MinBy(static p => p.Item).Index;
        var start = Smoothed[0];
        var fall = start - Smoothed[lowest];
        // What a straight line of the same noise would fall by somewhere is no fall.
        var noise = Math.Sqrt(points.Index().Take(lowest + 1).Average(p => (Clipped(p.Item) - Smoothed[p.Index]) * (Clipped(p.Item) - Smoothed[p.Index])));
        if (!(fall > 0.5 * noise) || lowest < 2)
            return;
        LowestAt = lowest;
        SteepestAt = Enumerable.Range(1, lowest - 1).MinBy(i => Smoothed[i + 1] - Smoothed[i - 1]);
        DivergesAt = Enumerable.Range(lowest, points.Count - lowest).Select(static i => (int?)i).FirstOrDefault(i => Smoothed[i!.Value] > Smoothed[lowest] + fall / 2);
    }

    /// <summary>What was measured.</summary>
    public IReadOnlyList<RangePoint> Points { get; }

    /// <summary>The losses, smoothed.</summary>
    public IReadOnlyList<double> Smoothed { get; }

    /// <summary>The step of the lowest loss; null where the loss falls nowhere.</summary>
    public int? LowestAt { get; }

    /// <summary>The step before the lowest at which the loss falls fastest by the rate's logarithm.</summary>
    public int? SteepestAt { get; }

    /// <summary>The first step behind the lowest that has lost half of what was gained; null where the range ends before.</summary>
    public int? DivergesAt { get; }

    /// <summary>
    /// Half of the rate of the lowest loss, in two digits; null where the loss falls nowhere. At the lowest point what a step gains and what the larger rate destroys are in balance; a
    /// schedule holds its peak for longer than the test stays there, and gets there sooner. Against the best rates of whole runs of 150 steps (docs/range-test.md) half of it came out 1.1 times
    /// too high in the geometric mean and within a factor of two in four cases of five, where the steepest fall was eleven times too low, and a tenth of the rate that has lost half of the gain
    /// 1.4 times too high and more scattered.
    /// </summary>
    public double? Suggestion => LowestAt is { } at ? Rounded(Points[at].Rate / 2) : null;

    /// <summary>Whether the loss is lowest where the range ends, so that a wider one may have a lower point.</summary>
    public bool FallsToItsEnd => LowestAt >= Points.Count - Math.Max(2, Points.Count / (int)WidthsInCurve);

    private static double Rounded(double rate) => double.Parse(rate.ToString("E1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    // Behind the divergence a loss may be anything: above twice the first one it says no more.
    private double Clipped(RangePoint point) => double.IsFinite(point.Loss) ? Math.Min(point.Loss, 2 * Points[0].Loss) : 2 * Points[0].Loss;

    private double[] Smooth(IReadOnlyList<RangePoint> points)
    {
        var width = Math.Max(1, points.Count / WidthsInCurve);
        return [.. points.Select((_, i) =>
        {
            var (sum, weights) = (0.0, 0.0);
            for (var j = 0; j < points.Count; j++)
            {
                var weight = Math.Exp(-0.5 * (i - j) * (i - j) / (width * width));
                (sum, weights) = (sum + weight * Clipped(points[j]), weights + weight);
            }
            return sum / weights;
        })];
    }
}
