using System.Numerics;

namespace Attune.Engine.Backends;

/// <summary>
/// The specification: every kernel as its formula reads, one thread, plain loops, accumulated in <typeparamref name="T"/>. Other
/// backends are tested against it; gradients are checked on it in double precision.
/// </summary>
/// <typeparam name="T">float or double: the type of activations and gradients.</typeparam>
public sealed class ReferenceBackend<T> : Backend where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc />
    public override string Name => $"reference {Activation}";

    /// <summary>F32 or F64, after <typeparamref name="T"/>.</summary>
    public override DType Activation { get; } =
        typeof(T) == typeof(float) ? DType.F32
        : typeof(T) == typeof(double) ? DType.F64
        : throw new NotSupportedException($"activations of type {typeof(T).Name}");

    /// <inheritdoc />
    public override IMatrixKernels Matrix { get; } = new ReferenceMatrix<T>();

    /// <inheritdoc />
    public override INormKernels Norms { get; } = new ReferenceNorms<T>();

    /// <inheritdoc />
    public override IAttentionKernels Attention { get; } = new ReferenceAttention<T>();

    /// <inheritdoc />
    public override IPointwiseKernels Pointwise { get; } = new ReferencePointwise<T>();

    /// <inheritdoc />
    public override IIndexKernels Index { get; } = new ReferenceIndex<T>();

    /// <inheritdoc />
    public override ILossKernels Loss { get; } = new ReferenceLoss<T>();

    /// <inheritdoc />
    public override IOptimizerKernels Optimizer { get; } = new ReferenceOptimizer<T>();
}
