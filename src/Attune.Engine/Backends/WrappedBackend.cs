namespace Attune.Engine.Backends;

/// <summary>All kernels in one object.</summary>
internal interface IAllKernels :
    IMatrixKernels, INormKernels, IAttentionKernels, IPointwiseKernels, IIndexKernels, ILossKernels, IOptimizerKernels;

/// <summary>A backend that stands for another one: its types, and kernels around or instead of its own.</summary>
public abstract class WrappedBackend : Backend
{
    private readonly Backend inner;
    private readonly IAllKernels kernels;

    private protected WrappedBackend(Backend inner, IAllKernels kernels) => (this.inner, this.kernels) = (inner, kernels);

    /// <inheritdoc />
    public override string Name => inner.Name;

    /// <inheritdoc />
    public override DType Activation => inner.Activation;

    /// <inheritdoc />
    public override ProductType Products => inner.Products;

    /// <inheritdoc />
    public override Backend Exact => inner.Exact == inner ? this : Around(inner.Exact);

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

    /// <summary>The same around another backend.</summary>
    private protected abstract Backend Around(Backend other);
}
