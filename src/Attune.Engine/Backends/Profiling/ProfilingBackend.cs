namespace Attune.Engine.Backends;

/// <summary>
/// Another backend with a watch on every kernel: what was called, how long it took, and what it had to do. Results are the other
/// backend's own.
/// </summary>
public sealed class ProfilingBackend : Backend
{
    private readonly Backend inner;
    private readonly bool countTiles;
    private readonly ProfilingKernels kernels;

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
    {
        (this.inner, this.countTiles, Profile) = (inner, countTiles, profile);
        kernels = new ProfilingKernels(inner, profile, countTiles);
    }

    /// <summary>What was called so far.</summary>
    public KernelProfile Profile { get; }

    /// <inheritdoc />
    public override string Name => inner.Name;

    /// <inheritdoc />
    public override DType Activation => inner.Activation;

    /// <inheritdoc />
    public override ProductType Products => inner.Products;

    /// <inheritdoc />
    public override Backend Exact => inner.Exact == inner ? this : new ProfilingBackend(inner.Exact, countTiles, Profile);

    /// <inheritdoc />
    public override IMatrixKernels Matrix => kernels;

    /// <inheritdoc />
    public override INormKernels Norms => kernels;

    /// <inheritdoc />
    public override IAttentionKernels Attention => kernels;

    /// <inheritdoc />
    public override IPointwiseKernels Pointwise => kernels;

    /// <inheritdoc />
    public override IIndexKernels Index => kernels;

    /// <inheritdoc />
    public override ILossKernels Loss => kernels;

    /// <inheritdoc />
    public override IOptimizerKernels Optimizer => kernels;
}
