using Attune.Engine.Backends;

namespace Attune.Engine.Tests.Autograd;

/// <summary>Another backend that counts its matrix products, and fails at one of them where asked to.</summary>
internal sealed class CountingBackend(Backend inner) : Backend, IMatrixKernels
{
    public int Count { get; set; }

    /// <summary>Number of the product that throws, from 1; 0 for none.</summary>
    public int FailsAt { get; init; }

    public override string Name => inner.Name;

    public override DType Activation => inner.Activation;

    public override IMatrixKernels Matrix => this;

    public override INormKernels Norms => inner.Norms;

    public override IAttentionKernels Attention => inner.Attention;

    public override IPointwiseKernels Pointwise => inner.Pointwise;

    public override IIndexKernels Index => inner.Index;

    public override ILossKernels Loss => inner.Loss;

    public override IOptimizerKernels Optimizer => inner.Optimizer;

    public long Workspace(int m, int n, int k, bool transposeA) => 64L * m;

    public void Product(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta, Tensor workspace)
    {
        if (++Count == FailsAt)
            throw new TestFailureException();
        inner.Matrix.Product(a, transposeA, b, transposeB, c, alpha, beta, workspace);
    }
}

internal sealed class TestFailureException() : Exception("asked for by the test");
