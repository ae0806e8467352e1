using Attune.Engine;

namespace Attune.Evaluation;

/// <summary>A 95 % interval of a difference between two measurements on the same rows.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Low, double High);

/// <summary>Paired bootstrap (Efron 1979; Koehn 2004): rows are drawn again with replacement, both measurements of a row together.</summary>
public static class Bootstrap
{
    private const int Draws = 2000;

    /// <summary>Interval of mean(after) − mean(before), where a row's mean is its sum over its weight.</summary>
    /// <param name="before">Sum and weight of every row.</param>
    /// <param name="after">The same rows, in the same order.</param>
    /// <param name="seed">Of the drawing.</param>
    public static Interval Difference(
        IReadOnlyList<(double Sum, double Weight)> before, IReadOnlyList<(double Sum, double Weight)> after, long seed = 1)
    {
        if (before.Count != after.Count)
            throw new ArgumentException($"{before.Count} rows before and {after.Count} after");
        if (before.Count == 0)
            return new Interval(0, 0);
        var key = RandomKey.OfSeed(seed).For("bootstrap");
        var differences = new double[Draws];
        for (var d = 0; d < Draws; d++)
        {
            double sumBefore = 0, weightBefore = 0, sumAfter = 0, weightAfter = 0;
            for (var i = 0; i < before.Count; i++)
            {
                var row = key.Below(before.Count, (long)d * before.Count + i);
                sumBefore += before[row].Sum;
                weightBefore += before[row].Weight;
                sumAfter += after[row].Sum;
                weightAfter += after[row].Weight;
            }
            differences[d] = sumAfter / Math.Max(1e-300, weightAfter) - sumBefore / Math.Max(1e-300, weightBefore);
        }
        Array.Sort(differences);
        return new Interval(differences[(int)(Draws * 0.025)], differences[(int)(Draws * 0.975) - 1]);
    }
}
