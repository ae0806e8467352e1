using Attune.Engine;

namespace Attune.Evaluation;

/// <summary>A test of "nothing changed" on the same rows before and after.</summary>
/// <param name="Name">Which test.</param>
/// <param name="PValue">Two-sided: how often a difference at least this large would come about if nothing had changed.</param>
public readonly record struct PairedTest(string Name, double PValue)
{
    /// <summary>How often rows are swapped at random where there are too many ways to try each.</summary>
    public const int Draws = 2000;

    // 2^11 ways are fewer than that of draws and one.
    private const int Exhaustive = 11;

    /// <summary>The test that fits: McNemar's for right and wrong, a permutation test for everything else.</summary>
    /// <param name="before">One model's scores.</param>
    /// <param name="after">The other's, on the same rows in the same order.</param>
    /// <param name="seed">Of random swaps.</param>
    public static PairedTest Of(RowScores before, RowScores after, long seed = 1) => before.Right is { } was && after.Right is { } now
        ? new PairedTest("McNemar", McNemar(was, now))
        : new PairedTest("permutation", Permutation(before, after, seed));

    /// <summary>
    /// McNemar's exact test (1947): of the rows that changed sides, as many should have become right as wrong; p is that of a fair
    /// coin, two-sided, 2 · P(X ≤ min(b, c)), at most 1.
    /// </summary>
    public static double McNemar(IReadOnlyList<bool> before, IReadOnlyList<bool> after)
    {
        if (before.Count != after.Count)
            throw new ArgumentException($"{before.Count} rows before and {after.Count} after");
        int gained = 0, lost = 0;
        for (var i = 0; i < before.Count; i++)
        {
            gained += !before[i] && after[i] ? 1 : 0;
            lost += before[i] && !after[i] ? 1 : 0;
        }
        var (changed, fewer) = (gained + lost, Math.Min(gained, lost));
        // Terms C(n, k) / 2^n by their logarithms: 2^n itself overflows from a thousand rows.
        var (log, sum) = (-changed * Math.Log(2), 0.0);
        for (var k = 0; k <= fewer; k++)
        {
            sum += Math.Exp(log);
            log += Math.Log(changed - k) - Math.Log(k + 1);
        }
        return Math.Min(1, 2 * sum);
    }

    /// <summary>
    /// Paired permutation test (Fisher 1935): if nothing changed, before and after of a row could as well be swapped. Every way of
    /// swapping is tried up to eleven rows; beyond, random ones, with the one that was seen counted among them.
    /// </summary>
    public static double Permutation(RowScores before, RowScores after, long seed = 1)
    {
        if (before.Rows != after.Rows)
            throw new ArgumentException($"{before.Rows} rows before and {after.Rows} after");
        var rows = before.Rows;
        if (rows == 0)
            return 1;
        var (was, now) = (new double[before.Width], new double[after.Width]);
        // Rounding must not make an equal difference a smaller one.
        var seen = Math.Abs(Difference(static _ => false)) * (1 - 1e-12);
        if (!double.IsFinite(seen))
            return 1;
        if (rows <= Exhaustive)
        {
            var ways = 1 << rows;
            return Enumerable.Range(0, ways).Count(way => Math.Abs(Difference(row => (way >> row & 1) != 0)) >= seen) / (double)ways;
        }
        var key = RandomKey.OfSeed(seed).For("permutation");
        var bits = new uint[(rows + 31) / 32];
        var atLeast = 1;
        for (var d = 0; d < Draws; d++)
        {
            for (var i = 0; i < bits.Length; i++)
                bits[i] = key.Draw((long)d * bits.Length + i, 0).A;
            atLeast += Math.Abs(Difference(row => (bits[row >> 5] >> (row & 31) & 1) != 0)) >= seen ? 1 : 0;
        }
        return atLeast / (Draws + 1.0);

        double Difference(Func<int, bool> swapped)
        {
            Array.Clear(was);
            Array.Clear(now);
            for (var row = 0; row < rows; row++)
            {
                var swap = swapped(row);
                before.Add(row, swap ? now : was);
                after.Add(row, swap ? was : now);
            }
            return after.Finish(now) - before.Finish(was);
        }
    }
}
