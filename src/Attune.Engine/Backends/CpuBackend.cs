using System.Collections.Concurrent;
using System.Runtime.Intrinsics;
using Attune.Engine.Backends.Cpu;
using Attune.Engine.Backends.Cpu.MachineCode;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends;

/// <summary>
/// F32 on this machine's processor, with as many threads as asked for and the widest vectors that it has. Results are the same bits
/// for any number of threads; another vector width sums in another order.
/// </summary>
public sealed class CpuBackend : Backend
{
    private static readonly ConcurrentDictionary<(int Threads, ProductType Products), CpuBackend> backends = new();

    /// <summary>A backend on <paramref name="threads"/> threads, the caller's included. All backends share the process's pool.</summary>
    /// <exception cref="PlatformNotSupportedException">This machine does not offer <paramref name="products"/>; see <see cref="Supports"/>.</exception>
    public CpuBackend(int threads, ProductType products = ProductType.F32) : this(threads, Widest, products)
    {
    }

    /// <summary>The same at a chosen vector width in bits: 512, 256 or 128.</summary>
    /// <exception cref="PlatformNotSupportedException">The processor, or the runtime's settings, do not offer that width.</exception>
    internal CpuBackend(int threads, int laneBits, ProductType products = ProductType.F32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (laneBits > Widest)
            throw new PlatformNotSupportedException($"vectors of {laneBits} bits are not available here");
        if (!HasProducts(products, laneBits))
            throw new PlatformNotSupportedException($"products in {products} are not available here at {laneBits} bits");
        (Threads, LaneBits, Products) = (threads, laneBits, products);
        var kernels = laneBits switch
        {
            512 => CpuKernels.Of<Lane512, Vector512<float>>(threads, products),
            256 => CpuKernels.Of<Lane256, Vector256<float>>(threads, products),
            128 => CpuKernels.Of<Lane128, Vector128<float>>(threads, products),
            _ => throw new ArgumentOutOfRangeException(nameof(laneBits), laneBits, "not a vector width"),
        };
        (Matrix, Norms, Attention, Pointwise, Index, Loss, Optimizer) = kernels;
    }

    /// <summary>Threads that calls run on, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Width of the vectors in bits; part of what makes a run reproducible to the bit.</summary>
    public int LaneBits { get; }

    /// <inheritdoc />
    public override ProductType Products { get; }

    /// <inheritdoc />
    public override Backend Exact => Products == ProductType.F32 ? this : Shared(Threads);

    /// <inheritdoc />
    public override string Name => "cpu";

    /// <inheritdoc />
    public override DType Activation => DType.F32;

    /// <inheritdoc />
    public override IMatrixKernels Matrix { get; }

    /// <inheritdoc />
    public override INormKernels Norms { get; }

    /// <inheritdoc />
    public override IAttentionKernels Attention { get; }

    /// <inheritdoc />
    public override IPointwiseKernels Pointwise { get; }

    /// <inheritdoc />
    public override IIndexKernels Index { get; }

    /// <inheritdoc />
    public override ILossKernels Loss { get; }

    /// <inheritdoc />
    public override IOptimizerKernels Optimizer { get; }

    internal static int Widest =>
        Vector512.IsHardwareAccelerated ? 512
        : Vector256.IsHardwareAccelerated && System.Runtime.Intrinsics.X86.Avx2.IsSupported ? 256
        : 128;

    /// <summary>Whether this processor and system can compute such products, and the runtime uses vectors as wide as they need.</summary>
    public static bool Supports(ProductType products) => HasProducts(products, Widest);

    private static bool HasProducts(ProductType products, int laneBits) => products == ProductType.F32 || (laneBits >= 512 && PairKernels.AreAvailable);

    /// <summary>The backend of this process for a number of threads, by default one a processor, and a product type; made once.</summary>
    /// <exception cref="PlatformNotSupportedException">This machine does not offer <paramref name="products"/>.</exception>
    public static CpuBackend Shared(int? threads = null, ProductType products = ProductType.F32) =>
        backends.GetOrAdd((threads ?? Environment.ProcessorCount, products), static key => new CpuBackend(key.Threads, key.Products));
}
