using Attune.Engine.Backends;

namespace Attune.Bench;

/// <summary>What was measured of one case.</summary>
/// <param name="Case">What.</param>
/// <param name="Key">The kernel and its sizes.</param>
/// <param name="Products">What matrix products were computed in.</param>
/// <param name="Work">What a call has to do.</param>
/// <param name="Time">On all threads.</param>
/// <param name="OneThread">On one; null where there is one only.</param>
public sealed record KernelRow(KernelCase Case, KernelKey Key, ProductType Products, KernelWork Work, Timing Time, Timing? OneThread)
{
    /// <summary>How many times faster all threads are than one.</summary>
    public double? SpeedUp => OneThread?.Median / Time.Median;

    /// <summary>The part of what <paramref name="ceilings"/> allow that it reaches.</summary>
    public double OfCeiling(Ceilings ceilings) => ceilings.Bound(Key.Kernel, Work, Products) / Time.Median;

    /// <summary>Measures a case.</summary>
    /// <param name="item">The case.</param>
    /// <param name="backend">All threads.</param>
    /// <param name="one">One thread; null to leave it out.</param>
    /// <param name="budget">Time for all of it.</param>
    /// <param name="cancel">Looked at between repeats.</param>
    public static KernelRow Measure(KernelCase item, CpuBackend backend, CpuBackend? one, TimeSpan budget, CancellationToken cancel)
    {
        using var memory = new CaseMemory();
        var run = item.Prepare(memory);
        // Backward kernels run their forward in the first call of all, which is not theirs.
        run(backend);
        var watch = new ProfilingBackend(backend);
        run(watch);
        var (key, total) = watch.Profile.Totals.Single();
        var share = one is null ? budget : budget / 2;
        var all = Timing.Measure(() => run(backend), new Repeats(share), cancel);
        var single = one is null ? null : Timing.Measure(() => run(one), new Repeats(share), cancel);
        return new KernelRow(item, key, backend.Products, total.Work, all, single);
    }
}
