using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>One set of kernels, all at one lane width.</summary>
internal sealed record CpuKernels(
    IMatrixKernels Matrix, INormKernels Norms, IAttentionKernels Attention, IPointwiseKernels Pointwise,
    IIndexKernels Index, ILossKernels Loss, IOptimizerKernels Optimizer)
{
    public static CpuKernels Of<L, V>(int threads, ProductType products) where L : struct, ILane<V> where V : unmanaged => new(
        new Products<L, V>(threads, products), new Norms<L, V>(threads), new Attentions<L, V>(threads, products), new Pointwise<L, V>(threads),
        new Indexing<L, V>(threads), new Losses<L, V>(threads), new Optimizers<L, V>(threads));
}
