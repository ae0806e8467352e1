using Attune.Evaluation;

namespace Attune.Reports;

/// <summary>One run on a part of the rows, as a study of data quantity keeps it.</summary>
/// <param name="Fraction">Part of the training rows, above 0.</param>
/// <param name="Seed">What drew them, and everything else that is random.</param>
/// <param name="Rows">How many they were.</param>
/// <param name="Steps">Steps until it ended.</param>
/// <param name="BestStep">The step whose weights were measured.</param>
/// <param name="Values">The task's metrics on the held-out rows, after tuning; intervals are not kept.</param>
public sealed record QuantityPoint(double Fraction, long Seed, int Rows, int Steps, int BestStep, IReadOnlyList<MetricValue> Values);

/// <summary>What a learning curve can be said to be.</summary>
public enum CurveVerdict
{
    /// <summary>It falls, and how far the next rows take it stands in an interval that leaves out nothing.</summary>
    Told,

    /// <summary>More rows change next to nothing.</summary>
    Flat,

    /// <summary>What more rows bring is lost in the spread between runs.</summary>
    Noisy,

    /// <summary>More rows made it worse.</summary>
    Rising,

    /// <summary>There are no more runs than the curve has parameters.</summary>
    TooFew,
}

/// <summary>One metric over all runs: its learning curve, and what doubling the rows can be expected to bring.</summary>
public sealed class QuantityCurve
{
    // Below this part of the error a doubling is not worth its rows; and a curve that once fell never ends at nothing to the last digit.
    private const double Worthless = 0.02, Nothing = 0.002;

    private QuantityCurve(MetricValue metric, IReadOnlyList<CurveSample> samples)
    {
        (Metric, Samples) = (metric, samples);
        Curve = LearningCurve.Fit(samples);
        Now = Curve.Mean(Curve.Most);
        Doubled = Curve.Mean(2 * Curve.Most);
        Gain = Curve.Gain(Curve.Most, 2 * Curve.Most);
        Verdict = Judge();
        var smaller = samples.Where(s => s.Rows < Curve.Most).ToArray();
        var largest = samples.Where(s => s.Rows == Curve.Most).Select(static s => s.Error).ToArray();
        if (smaller.Select(static s => s.Rows).Distinct().Count() >= 3 && smaller.Length > 3)
            Check = (LearningCurve.Fit(smaller).Predict(Curve.Most, largest.Length), largest.Average());
    }

    /// <summary>Name and unit.</summary>
    public MetricValue Metric { get; }

    /// <summary>Error by rows: the loss itself, or one minus the metric.</summary>
    public IReadOnlyList<CurveSample> Samples { get; }

    /// <summary>The fit.</summary>
    public LearningCurve Curve { get; }

    /// <summary>The error with all rows.</summary>
    public Estimate Now { get; }

    /// <summary>The error with twice as many.</summary>
    public Estimate Doubled { get; }

    /// <summary>What the error falls by between the two.</summary>
    public Estimate Gain { get; }

    /// <summary>Whether the curve can be told.</summary>
    public CurveVerdict Verdict { get; }

    /// <summary>What the curve of the smaller parts says of all rows, with the interval for the mean of as many runs, and what those came to; null where the smaller parts are too few for a curve.</summary>
    public (Estimate Predicted, double Measured)? Check { get; }

    /// <summary>Curves of the metrics that every run has and that are an error, or one minus an error; in the order of the runs.</summary>
    public static IReadOnlyList<QuantityCurve> Of(IReadOnlyList<QuantityPoint> points)
    {
        if (points.Select(static p => p.Rows).Distinct().Count() < 3)
            return [];
        var curves = new List<QuantityCurve>();
        foreach (var metric in points[0].Values.Where(static v => v.Unit is MetricUnit.Loss or MetricUnit.Fraction))
        {
            var samples = points.Select(p => p.Values.FirstOrDefault(v => v.Name == metric.Name) is { } v ? new CurveSample(p.Rows, v.Unit == MetricUnit.Fraction ? 1 - v.Value : v.Value) : default).ToArray();
            if (samples.All(static s => s.Rows > 0 && s.Error >= 0 && double.IsFinite(s.Error)))
                curves.Add(new QuantityCurve(metric, samples));
        }
        return curves;
    }

    /// <summary>The metric's own value of an error.</summary>
    public double ValueOf(double error) => Metric.Unit == MetricUnit.Fraction ? 1 - Math.Min(error, 1) : error;

    /// <summary>A value with its interval, in the metric's unit: <c>1.154 [1.101, 1.192]</c>.</summary>
    public string Shown(Estimate error)
    {
        var (low, high) = Metric.Unit == MetricUnit.Fraction ? (error.Interval.High, error.Interval.Low) : (error.Interval.Low, error.Interval.High);
        string Text(double e) => double.IsFinite(e) ? Numbers.Value(ValueOf(e), Metric.Unit) : "anything";
        return $"{Text(error.Value)} [{Text(low)}, {Text(high)}]";
    }

    /// <summary>The answer in a sentence.</summary>
    public string Sentence => Verdict switch
    {
        CurveVerdict.Told => $"Doubling the rows: {Metric.Name} {Numbers.Value(ValueOf(Now.Value), Metric.Unit)} → {Shown(Doubled)}.",
        CurveVerdict.Flat => $"More rows of this kind change {Metric.Name} by next to nothing: doubling them takes at most {Part(Gain.Interval.High)} of the error away, if it takes any.",
        CurveVerdict.Noisy => $"What doubling the rows does for {Metric.Name} cannot be told: it may take anything from nothing to {Part(Math.Min(Gain.Interval.High, Now.Value))} of the error away, and runs on the same number of rows lie {Part(Curve.Deviation * Now.Value)} of it apart.",
        CurveVerdict.Rising => $"More rows made {Metric.Name} worse, by more than the spread between runs explains.",
        _ => $"{Metric.Name}: as many runs as the curve has parameters give it no interval.",
    };

    /// <summary>What to do about it.</summary>
    public string Advice => Verdict switch
    {
        CurveVerdict.Told => "",
        CurveVerdict.Flat => "Better rows, other rows, a larger model or other settings will do more.",
        CurveVerdict.Noisy => "More seeds (--seeds 1 2 3 4 5), or more held-out rows, would tell.",
        CurveVerdict.Rising => "Look at the rows (attune data report), and whether training has enough steps for all of them.",
        _ => "Give more seeds (--seeds 1 2 3), or more parts (--parts 0.12 0.25 0.5 1).",
    };

    private string Part(double error) => Numbers.Percent(Now.Value > 0 ? error / Now.Value : 0);

    private CurveVerdict Judge()
    {
        if (!double.IsFinite(Gain.Interval.High))
            return CurveVerdict.TooFew;
        if (LogSlope() is var (slope, bound) && slope > bound)
            return CurveVerdict.Rising;
        if (Gain.Interval.High <= Worthless * Now.Value)
            return CurveVerdict.Flat;
        return Gain.Interval.Low >= Nothing * Now.Value ? CurveVerdict.Told : CurveVerdict.Noisy;
    }

    // The error by the logarithm of the rows, and how steep that line may come out by the spread alone (95 %).
    private (double Slope, double Bound) LogSlope()
    {
        var (x, y) = (Samples.Average(static s => Math.Log(s.Rows)), Samples.Average(static s => s.Error));
        var along = Samples.Sum(s => (Math.Log(s.Rows) - x) * (s.Error - y));
        var apart = Samples.Sum(s => Math.Pow(Math.Log(s.Rows) - x, 2));
        var slope = along / apart;
        var left = Samples.Sum(s => Math.Pow(s.Error - y - slope * (Math.Log(s.Rows) - x), 2)) / (Samples.Count - 2);
        return (slope, SmallSample.Quantile(Samples.Count - 2) * Math.Sqrt(left / apart));
    }
}
