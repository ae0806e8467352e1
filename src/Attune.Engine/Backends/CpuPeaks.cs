using System.Runtime.Intrinsics;
using Attune.Engine.Backends.Cpu;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends;

/// <summary>
/// Work that nothing but the processor and its memory bound, on a backend's threads and at its vector width: what kernels can reach at
/// the most. The caller takes the time.
/// </summary>
/// <param name="backend">Threads and vectors.</param>
public sealed unsafe class CpuPeaks(CpuBackend backend)
{
    // Some tiles a thread, so that one that comes late leaves none of the others waiting.
    private const int TilesPerThread = 8;

    // Twelve chains take six cycles where two multiply-adds begin in each.
    private const int CyclesOfRound = 1000, CyclesOfChains = 6;

    /// <summary>Multiply-adds on registers, of the backend's product type.</summary>
    /// <param name="rounds">How long: thousands of cycles, about.</param>
    /// <returns>Floating-point operations that were done, a multiply-add being two.</returns>
    public double MultiplyAdd(int rounds) => (backend.Products, backend.LaneBits) switch
    {
        (ProductType.BF16, _) => PairProduct(rounds),
        (_, 512) => MultiplyAdd<Lane512, Vector512<float>>(rounds),
        (_, 256) => MultiplyAdd<Lane256, Vector256<float>>(rounds),
        _ => MultiplyAdd<Lane128, Vector128<float>>(rounds),
    };

    /// <summary>Reads a tensor of whole megabytes; returns the bytes that were read.</summary>
    public double Read(Tensor from) => Transfer(from, null, false);

    /// <summary>Copies one tensor of whole megabytes to another.</summary>
    /// <param name="from">Source.</param>
    /// <param name="to">Target of the same size.</param>
    /// <param name="pastCache">Stores that leave the caches out.</param>
    /// <returns>The bytes that were read and those that were written, together.</returns>
    public double Copy(Tensor from, Tensor to, bool pastCache)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(to.Bytes, from.Bytes, nameof(to));
        return Transfer(from, to, pastCache);
    }

    private double MultiplyAdd<L, V>(int rounds) where L : struct, ILane<V> where V : unmanaged
    {
        var tiles = TilesPerThread * backend.Threads;
        var job = new MultiplyAddJob<L, V> { Rounds = rounds * CyclesOfRound / CyclesOfChains };
        Workers.Shared.Run(ref job, tiles, backend.Threads);
        return 2.0 * L.Width * MultiplyAddJob<L, V>.Chains * job.Rounds * tiles;
    }

    private double PairProduct(int rounds)
    {
        var tiles = TilesPerThread * backend.Threads;
        var job = new PairProductJob { Rounds = Math.Max(1, rounds / 8) };
        Workers.Shared.Run(ref job, tiles, backend.Threads);
        return PairProductJob.Operations * job.Rounds * tiles;
    }

    // Aligned: a tensor of a storage of its own begins at a cache line, and tiles are multiples of it.
    private double Transfer(Tensor from, Tensor? to, bool pastCache)
    {
        if (!from.IsContiguous || from.Bytes % TransferJob.TileBytes != 0 || from.Address % 64 != 0 || to is not null && (!to.IsContiguous || to.Address % 64 != 0))
            throw new ArgumentException($"{from} is not whole megabytes from a cache line on", nameof(from));
        var job = new TransferJob { From = (byte*)from.Address, To = to is null ? null : (byte*)to.Address, PastCache = pastCache };
        Workers.Shared.Run(ref job, (int)(from.Bytes / TransferJob.TileBytes), backend.Threads);
        return from.Bytes * (to is null ? 1.0 : 2.0);
    }
}
