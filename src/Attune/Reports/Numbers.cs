using System.Globalization;
using Attune.Evaluation;
using Attune.Problems;

namespace Attune.Reports;

/// <summary>Numbers as people read them; always the same in every locale.</summary>
public static class Numbers
{
    /// <summary>A metric's value in its unit: <c>87.5 %</c>, <c>1.234</c>.</summary>
    public static string Value(double value, MetricUnit unit) => unit switch
    {
        MetricUnit.Fraction => Decimals(value * 100, 1) + " %",
        MetricUnit.Loss => Decimals(value, 3),
        _ => Short(value),
    };

    /// <summary>A difference with its sign: <c>+12.5 points</c>, <c>−0.210</c>.</summary>
    public static string Change(double value, MetricUnit unit, bool withUnit = true) => unit switch
    {
        MetricUnit.Fraction => Signed(value * 100, 1) + (withUnit ? " points" : ""),
        MetricUnit.Loss => Signed(value, 3),
        _ => (value < 0 ? "" : "+") + Short(value),
    };

    /// <summary>A p-value: <c>p = 0.031</c>, or <c>p &lt; 0.001</c>.</summary>
    public static string PValue(double p) => p < 0.001 ? "p < 0.001" : "p = " + Decimals(p, p < 0.1 ? 3 : 2);

    /// <summary>The interval of a value: <c>34.6 to 46.7 %</c>.</summary>
    public static string Interval(MetricValue m) =>
        (m.Unit == MetricUnit.Fraction ? Decimals(m.Low * 100, 1) : Value(m.Low, m.Unit)) + " to " + Value(m.High, m.Unit);

    /// <summary>The interval of a difference: <c>+8.1 to +16.9 points</c>.</summary>
    public static string Interval(MetricChange m) => Interval(m.Low, m.High, m.Unit);

    /// <summary>The interval of a difference, from its ends.</summary>
    public static string Interval(double low, double high, MetricUnit unit) => $"{Change(low, unit, withUnit: false)} to {Change(high, unit)}";

    /// <summary>A fraction in percent without decimals, or with one where it would round to nothing.</summary>
    public static string Percent(double fraction) =>
        Decimals(fraction * 100, Math.Abs(fraction) is > 0 and < 0.01 ? 1 : 0) + " %";

    /// <summary>A share with one decimal, for shares close to 1: <c>98.7 %</c>.</summary>
    public static string Share(double fraction) => Decimals(fraction * 100, 1) + " %";

    /// <summary>Bytes in the largest decimal unit that leaves at least 1: <c>1.42 GB</c>.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1_000_000_000 => Decimals(bytes / 1e9, 2) + " GB",
        >= 1_000_000 => Decimals(bytes / 1e6, 1) + " MB",
        >= 1_000 => Decimals(bytes / 1e3, 1) + " kB",
        _ => bytes.ToString(CultureInfo.InvariantCulture) + " B",
    };

    /// <summary>Up to three significant digits, in scientific notation where the number is very small or large.</summary>
    public static string Short(double value)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
        var size = Math.Abs(value);
        var text = size == 0 ? "0"
            : size is >= 1e6 or < 1e-3 ? value.ToString("0.##e0", CultureInfo.InvariantCulture)
            : size >= 100 ? value.ToString("#,0", CultureInfo.InvariantCulture)
            : value.ToString("G3", CultureInfo.InvariantCulture);
        return text.Replace('-', '−');
    }

    /// <summary>A whole number with separators: <c>12,345</c>.</summary>
    public static string Count(long value) => value.Grouped();

    private static string Signed(double value, int decimals) => (value < 0 ? "" : "+") + Decimals(value, decimals);

    private static string Decimals(double value, int decimals) => double.IsFinite(value)
        ? value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Replace('-', '−')
        : Short(value);
}
