namespace Attune.Evaluation;

/// <summary>Mean of a few independent measurements with the 95 % interval of Student (1908): runs that differ in their seed, say.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Low">Lower end; not a number for one measurement alone, of which no interval can be given.</param>
/// <param name="High">Upper end.</param>
/// <param name="Count">How many measurements.</param>
public readonly record struct SmallSample(double Mean, double Low, double High, int Count)
{
    /// <summary>Most measurements that have a quantile here.</summary>
    public const int Most = 20;

    // 97.5 % quantiles of Student's t for 1 to 19 degrees of freedom.
    private static readonly double[] Quantiles =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
        2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
    ];

    /// <summary>Mean and interval of values.</summary>
    /// <param name="values">At least one, at most <see cref="Most"/>.</param>
    public static SmallSample Of(IReadOnlyList<double> values)
    {
        if (values.Count is 0 or > Most)
            throw new ArgumentException($"from 1 to {Most} values, not {values.Count}", nameof(values));
        var mean = values.Average();
        if (values.Count == 1)
            return new SmallSample(mean, double.NaN, double.NaN, 1);
        var variance = values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1);
        var half = Quantile(values.Count - 1) * Math.Sqrt(variance / values.Count);
        return new SmallSample(mean, mean - half, mean + half, values.Count);
    }

    /// <summary>The 97.5 % quantile of Student's t; beyond the table by Cornish and Fisher's expansion, within 1e-4 of it.</summary>
    /// <param name="freedom">Degrees of freedom, at least one.</param>
    internal static double Quantile(int freedom)
    {
        if (freedom <= Quantiles.Length)
            return Quantiles[freedom - 1];
        const double z = 1.959964;
        double v = freedom, z3 = z * z * z, z5 = z3 * z * z;
        return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v);
    }
}
