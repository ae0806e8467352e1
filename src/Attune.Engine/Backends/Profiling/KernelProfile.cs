namespace Attune.Engine.Backends;

/// <summary>Calls that take alike: one kernel over one shape.</summary>
/// <param name="Kernel">The method's name in its interface.</param>
/// <param name="Shape">The sizes that decide how long it takes, and the element type of a weight that is not F32.</param>
public readonly record struct KernelKey(string Kernel, string Shape);

/// <summary>What a call has to do at the least: what its time is measured against.</summary>
/// <param name="Operations">Floating-point operations of products, a multiply-add being two; 0 where memory alone matters.</param>
/// <param name="Read">Bytes of the operands.</param>
/// <param name="Written">Bytes of the results.</param>
public readonly record struct KernelWork(double Operations, double Read, double Written)
{
    /// <summary>Bytes that move.</summary>
    public double Bytes => Read + Written;

    /// <summary>Work of two calls.</summary>
    public static KernelWork operator +(KernelWork a, KernelWork b) => Add(a, b);

    /// <summary>Work of two calls.</summary>
    public static KernelWork Add(KernelWork a, KernelWork b) => new(a.Operations + b.Operations, a.Read + b.Read, a.Written + b.Written);
}

/// <summary>What all calls of one key came to.</summary>
/// <param name="Calls">How many.</param>
/// <param name="Seconds">Time in them; 0 where tiles were counted instead.</param>
/// <param name="Work">What they had to do.</param>
/// <param name="Tiles">
/// The independent tiles that their widest phase offers to the threads (packing, say, is another, small one), the fewest of any call; 0
/// where tiles were not counted or the calling thread does the work alone.
/// </param>
public sealed record KernelTotal(long Calls, double Seconds, KernelWork Work, int Tiles);

/// <summary>Calls of kernels by key, added up by a <see cref="ProfilingBackend"/>.</summary>
public sealed class KernelProfile
{
    private readonly Dictionary<KernelKey, KernelTotal> totals = [];

    /// <summary>Everything that was called.</summary>
    public IReadOnlyDictionary<KernelKey, KernelTotal> Totals => totals;

    internal void Add(KernelKey key, double seconds, KernelWork work, int tiles)
    {
        var sum = totals.GetValueOrDefault(key) ?? new KernelTotal(0, 0, default, tiles);
        totals[key] = new KernelTotal(sum.Calls + 1, sum.Seconds + seconds, sum.Work + work, Math.Min(sum.Tiles, tiles));
    }
}
