using System.Diagnostics;

namespace Attune.Bench;

/// <summary>How often something is repeated: until its time is over, within bounds.</summary>
/// <param name="Budget">Time after which no repeat begins.</param>
/// <param name="Least">Repeats that are made in any case.</param>
/// <param name="Most">Repeats after which it is enough.</param>
public readonly record struct Repeats(TimeSpan Budget, int Least = 3, int Most = int.MaxValue);

/// <summary>Seconds of one thing, measured several times.</summary>
/// <param name="Median">Half of the repeats took no longer.</param>
/// <param name="Least">The fastest repeat.</param>
/// <param name="Most">The slowest.</param>
/// <param name="Repeats">How many there were.</param>
public sealed record Timing(double Median, double Least, double Most, int Repeats)
{
    // A repeat must be long beside the clock and beside waking threads.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>Slowest less fastest, as a part of the median.</summary>
    public double Spread => (Most - Least) / Median;

    /// <summary>By how much half of the repeats missed the fastest one at the least: what other programs on the machine take.</summary>
    public double Noise => Median / Least - 1;

    /// <summary>The timing of repeats that were taken elsewhere.</summary>
    public static Timing Of(IEnumerable<double> seconds)
    {
        var sorted = seconds.Order().ToArray();
        return new Timing(sorted[sorted.Length / 2], sorted[0], sorted[^1], sorted.Length);
    }

    /// <summary>Runs it twice to warm up, then repeats it; what takes less than a millisecond is run many times a repeat.</summary>
    /// <param name="run">What is measured.</param>
    /// <param name="repeats">How often.</param>
    /// <param name="cancel">Looked at before every repeat.</param>
    public static Timing Measure(Action run, Repeats repeats, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        run();
        var count = Math.Max(1, (int)Math.Ceiling(Shortest / TimeSpan.FromSeconds(Math.Max(Once(run, 1), 1e-7))));
        var seconds = new List<double>();
        for (var start = Stopwatch.GetTimestamp(); seconds.Count < repeats.Most && (seconds.Count < repeats.Least || Stopwatch.GetElapsedTime(start) < repeats.Budget);)
        {
            cancel.ThrowIfCancellationRequested();
            seconds.Add(Once(run, count));
        }
        return Of(seconds);
    }

    private static double Once(Action run, int count)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
            run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / count;
    }
}
