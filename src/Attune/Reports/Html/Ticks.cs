using System.Globalization;

namespace Attune.Reports.Html;

/// <summary>Round numbers for an axis: about as many as asked for, multiples of 1, 2 or 5 times a power of ten, and the axis that they span.</summary>
internal sealed record Ticks(double Low, double High, IReadOnlyList<double> Values, int Decimals)
{
    /// <summary>The axis for values between <paramref name="low"/> and <paramref name="high"/>; whole numbers only, where asked.</summary>
    public static Ticks For(double low, double high, int about, bool whole = false)
    {
        if (!(high > low))
        {
            var room = Math.Max(Math.Abs(low) * 0.1, whole ? 1 : 1e-12);
            (low, high) = (low - room, high + room);
        }

        var rough = (high - low) / about;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = ((double[])[1, 2, 5, 10]).First(m => m * power >= rough * 0.999) * power;
        if (whole)
            step = Math.Max(1, Math.Round(step));
        var (first, last) = (Math.Floor((low / step) + 1e-9), Math.Ceiling((high / step) - 1e-9));
        var values = Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step).ToArray();
        var decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 15);
        return new(Math.Min(low, values[0]), Math.Max(high, values[^1]), values, decimals);
    }

    /// <summary>The tick as text, with as many decimals as the step needs.</summary>
    public string Text(double value)
    {
        var size = Math.Max(Math.Abs(Low), Math.Abs(High));
        if (size < 1e-3 || size >= 1e6)
            return value == 0 ? "0" : value.ToString("0.##e0", CultureInfo.InvariantCulture).Replace('-', '−');
        var format = "#,0" + (Decimals == 0 ? "" : "." + new string('0', Decimals));
        return value.ToString(format, CultureInfo.InvariantCulture).Replace('-', '−');
    }
}
