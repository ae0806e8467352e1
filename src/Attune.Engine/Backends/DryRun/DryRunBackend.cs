namespace Attune.Engine.Backends;

/// <summary>
/// Computes nothing, but asks for the same memory as another backend. With a pretended arena, a step that runs on it is the memory
/// plan of that step, to the byte.
/// </summary>
/// <param name="like">The backend that is planned for: its activation type and workspaces count.</param>
public sealed class DryRunBackend(Backend like) : Backend
{
    private readonly DryRunKernels none = new(like);

    /// <inheritdoc />
    public override string Name => $"dry run of {like.Name}";

    /// <inheritdoc />
    public override DType Activation => like.Activation;

    /// <inheritdoc />
    public override ProductType Products => like.Products;

    /// <inheritdoc />
    public override Backend Exact => like.Exact == like ? this : new DryRunBackend(like.Exact);

    /// <inheritdoc />
    public override IMatrixKernels Matrix => none;

    /// <inheritdoc />
    public override INormKernels Norms => none;

    /// <inheritdoc />
    public override IAttentionKernels Attention => none;

    /// <inheritdoc />
    public override IPointwiseKernels Pointwise => none;

    /// <inheritdoc />
    public override IIndexKernels Index => none;

    /// <inheritdoc />
    public override ILossKernels Loss => none;

    /// <inheritdoc />
    public override IOptimizerKernels Optimizer => none;
}
