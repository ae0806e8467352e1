namespace Attune.Engine.Backends;

/// <summary>
/// Another backend with a watch on every kernel: what was called, how long it took, and what it had to do. Results are the other
/// backend's own.
/// </summary>
public sealed class ProfilingBackend : WrappedBackend
{
    private readonly bool countTiles;

    /// <summary>Watches <paramref name="inner"/>.</summary>
    /// <param name="inner">Runs the kernels.</param>
    /// <param name="countTiles">
    /// Counts the tiles that calls offer to the threads instead of computing them: results are then whatever memory held. For kernels of
    /// a <see cref="CpuBackend"/>, whose threads are not started for it, so that more can be asked about than the machine has.
    /// </param>
    public ProfilingBackend(Backend inner, bool countTiles = false) : this(inner, countTiles, new KernelProfile())
    {
    }

    private ProfilingBackend(Backend inner, bool countTiles, KernelProfile profile)
        : base(inner, new ProfilingKernels(inner, profile, countTiles)) =>
        (this.countTiles, Profile) = (countTiles, profile);

    /// <summary>What was called so far.</summary>
    public KernelProfile Profile { get; }

    private protected override Backend Around(Backend other) => new ProfilingBackend(other, countTiles, Profile);
}
