using Attune.Engine.Backends;
using Attune.Models;

namespace Attune.Bench;

/// <summary>Into how many independent tiles a kernel of a training step is cut for many threads.</summary>
/// <param name="Key">Kernel and shape.</param>
/// <param name="Calls">Calls of a step.</param>
/// <param name="Tiles">Tiles of its widest phase; 0 where the calling thread does the work alone.</param>
/// <param name="Share">Part of the step, by the time that its calls take at the least on one thread.</param>
public sealed record TileRow(KernelKey Key, long Calls, int Tiles, double Share)
{
    /// <summary>Walks through one step at that many threads and computes none of it.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="item">Method and rows.</param>
    /// <param name="threads">Threads to be fed; they need not be there.</param>
    /// <param name="products">What matrix products are computed in.</param>
    /// <param name="ceilings">What the shares are weighed by.</param>
    /// <returns>The kernels, those with the largest part first.</returns>
    public static IReadOnlyList<TileRow> Count(ModelFolder folder, StepCase item, int threads, ProductType products, Ceilings ceilings)
    {
        var backend = new CpuBackend(threads, products);
        using var bench = new StepBench(folder, item, backend);
        var watch = new ProfilingBackend(backend, countTiles: true);
        bench.Step(watch, default);
        double Bound(KernelKey key, KernelTotal total) => ceilings.Bound(key.Kernel, total.Work, products);
        var all = watch.Profile.Totals.Sum(t => Bound(t.Key, t.Value));
        return [.. watch.Profile.Totals.Select(t => new TileRow(t.Key, t.Value.Calls, t.Value.Tiles, Bound(t.Key, t.Value) / all)).OrderByDescending(static r => r.Share)];
    }
}
