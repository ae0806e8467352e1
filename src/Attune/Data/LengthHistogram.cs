using System.Globalization;
using System.Text;

namespace Attune.Data;

/// <summary>How long the rows of a data set are, in tokens, before anything was cut.</summary>
public sealed class LengthHistogram
{
    private const int Buckets = 12;

    private readonly int[] sorted;

    /// <summary>Counts the given lengths.</summary>
    public LengthHistogram(IEnumerable<int> lengths) => sorted = [.. lengths.Order()];

    /// <summary>How many rows were counted.</summary>
    public int Count => sorted.Length;

    /// <summary>The longest row in tokens; 0 if there is none.</summary>
    public int Longest => Count == 0 ? 0 : sorted[^1];

    /// <summary>The length that a share of the rows does not exceed, in tokens (nearest rank).</summary>
    /// <param name="share">From 0 to 1.</param>
    public int Percentile(double share) => Count == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(share * Count) - 1, 0, Count - 1)];

    /// <summary>The share of rows longer than a limit, from 0 to 1.</summary>
    public double ShareAbove(int limit) => Count == 0 ? 0 : (double)sorted.Count(l => l > limit) / Count;

    /// <summary>Bars of equal width in tokens: first and last length of the bar, and its rows.</summary>
    public IReadOnlyList<(int From, int To, int Rows)> Bars()
    {
        var width = Math.Max(1, RoundUp((Longest + Buckets - 1) / Buckets));
        var bars = new List<(int, int, int)>();
        for (long from = 1; from <= Longest; from += width)
        {
            var to = (int)Math.Min(from + width - 1, int.MaxValue);
            bars.Add(((int)from, to, sorted.Count(l => l >= from && l <= to)));
        }
        return bars;
    }

    /// <summary>The histogram as lines of plain text; bars beyond the limit are marked.</summary>
    /// <param name="limit">The maximum length, or null for none.</param>
    /// <param name="width">Characters of the longest bar.</param>
    public string Render(int? limit = null, int width = 40)
    {
        var bars = Bars();
        if (bars.Count == 0) return "(no rows)";
        var most = bars.Max(b => b.Rows);
        var digits = bars[^1].To.ToString(CultureInfo.InvariantCulture).Length;
        var counts = most.ToString(CultureInfo.InvariantCulture).Length;
        var text = new StringBuilder();
        foreach (var (from, to, rows) in bars)
        {
            // A bar with rows is never drawn empty.
            var length = rows == 0 ? 0 : Math.Max(1, (int)((long)rows * width / most));
            var bar = new string('█', length);
            var mark = from > limit ? "  too long" : to > limit ? "  partly too long" : "";
            text.Append($"{Pad(from, digits)}–{Pad(to, digits)} tokens  {Pad(rows, counts)}  {bar}{mark}".TrimEnd()).Append('\n');
        }
        return text.ToString().TrimEnd('\n');
    }

    private static string Pad(int n, int digits) => n.ToString(CultureInfo.InvariantCulture).PadLeft(digits);

    // Bars that begin at round numbers are easier to read: one significant digit up to 10, else 1, 2 or 5 times a power of ten.
    private static int RoundUp(int n)
    {
        for (long power = 1; ; power *= 10)
        {
            foreach (var step in (ReadOnlySpan<int>)[1, 2, 5])
                if (step * power >= n) return (int)Math.Min(step * power, int.MaxValue);
        }
    }
}
