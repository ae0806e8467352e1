namespace Attune.Engine.Formats;

/// <summary>
/// The two code books of NF4 with double quantisation (Dettmers et al. 2023, QLoRA; the numbers as bitsandbytes documents them,
/// <c>functional.py</c>, create_dynamic_map, and the paper's appendix E).
/// </summary>
internal static class Nf4Codes
{
    /// <summary>The 16 levels: quantiles of the normal distribution, scaled to −1 … 1, with an exact zero.</summary>
    public static ReadOnlySpan<float> Levels =>
    [
        -1, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f,
        -0.09105003625154495f, 0, 0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
        0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1,
    ];

    /// <summary>
    /// The 256 numbers that absolute maxima, less their mean, are rounded to: 0, 1, and ± 10^(e − 6) times the middles of 2^e equal parts of
    /// 0.1 … 1, for e from 0 to 6; ascending.
    /// </summary>
    public static float[] Scales { get; } = MakeScales();

    /// <summary>The number of the level nearest to <paramref name="x"/> in −1 … 1; the lower of two that are as near.</summary>
    public static int Level(float x) => Nearest(Levels, x);

    /// <summary>The number of the scale nearest to <paramref name="x"/> in −1 … 1; the lower of two that are as near.</summary>
    public static int Scale(float x) => Nearest(Scales, x);

    private static int Nearest(ReadOnlySpan<float> ascending, float x)
    {
        int low = 0, high = ascending.Length - 1;
        while (low < high)
        {
            var middle = (low + high) / 2;
            // In F64, where the middle of two floats is exact.
            if (x > ((double)ascending[middle] + ascending[middle + 1]) / 2) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private static float[] MakeScales()
    {
        var all = new List<float> { 0, 1 };
        for (var e = 0; e < 7; e++)
        {
            var parts = 1 << e;
            for (var i = 0; i < parts; i++)
            {
                var middle = (float)(Math.Pow(10, e - 6) * (0.1 + 0.9 * (i + 0.5) / parts));
                all.Add(middle);
                all.Add(-middle);
            }
        }
        return [.. all.Order()];
    }
}
