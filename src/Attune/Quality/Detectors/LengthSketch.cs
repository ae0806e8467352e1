using System.Globalization;
using System.Numerics;

namespace Attune.Quality.Detectors;

/// <summary>How long texts are, in one pass and a few kilobytes: exact below 512, to one part in 64 above.</summary>
internal sealed class LengthSketch
{
    private const int Exact = 512, PerDoubling = 64, MostBars = 12;
    private const double Shown = 0.99;

    private readonly long[] counts = new long[Exact + (31 - 9) * PerDoubling];

    /// <summary>How many were counted.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, exactly.</summary>
    public int Longest { get; private set; }

    /// <summary>The sum of all, exactly.</summary>
    public long Total { get; private set; }

    /// <summary>Counts a length.</summary>
    public void Add(int length)
    {
        counts[Bin(length)]++;
        Count++;
        Total += length;
        Longest = Math.Max(Longest, length);
    }

    /// <summary>The length that a share of the texts does not exceed.</summary>
    public int Percentile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        var (bin, seen) = (0, counts[0]);
        while (seen < rank && bin + 1 < counts.Length) seen += counts[++bin];
        return (int)Math.Min(First(bin + 1) - 1, Longest);
    }

    /// <summary>Bars of equal width up to the length that one text in a hundred exceeds, and one bar for what is longer.</summary>
    public QualityTable Bars(string name)
    {
        var most = Percentile(Shown);
        var width = Rounded((most + MostBars) / MostBars);
        var rows = new long[most / width + 2];
        for (var bin = 0; bin < counts.Length; bin++)
            if (counts[bin] > 0) rows[Math.Min(First(bin) / width, rows.Length - 1)] += counts[bin];
        var labels = rows.Select((count, i) => (i < rows.Length - 1 ? width == 1 ? Text(i) : $"{Text(i * width)}–{Text((i + 1) * width - 1)}" : $"{Text((rows.Length - 1) * width)} and more", (double)count));
        return new QualityTable(name, [.. rows[^1] == 0 ? labels.SkipLast(1) : labels]) { Ordered = true };
    }

    private static string Text(int n) => n.ToString(CultureInfo.InvariantCulture);

    private static int Bin(int length)
    {
        if (length < Exact) return length;
        var doubling = BitOperations.Log2((uint)length) - 9;
        return Exact + doubling * PerDoubling + ((length >> (doubling + 3)) & (PerDoubling - 1));
    }

    // The smallest length of a bin.
    private static long First(int bin)
    {
        if (bin <= Exact) return bin;
        var (doubling, part) = Math.DivRem(bin - Exact, PerDoubling);
        return (long)(Exact + part * (Exact / PerDoubling)) << doubling;
    }

    // 1, 2 or 5 times a power of ten.
    private static int Rounded(int n)
    {
        var power = 1;
        while (power * 10 <= n && power < 100_000_000) power *= 10;
        return n <= power ? power : n <= 2 * power ? 2 * power : n <= 5 * power ? 5 * power : 10 * power;
    }
}
