using Attune.Engine;
using Attune.Engine.Backends;

namespace Attune.Bench;

/// <summary>A rate that no kernel can exceed.</summary>
/// <param name="Work">Operations or bytes of one repeat.</param>
/// <param name="Time">How long repeats took.</param>
public sealed record Ceiling(double Work, Timing Time)
{
    /// <summary>Work a second of the fastest repeat: what the machine can do when nothing is in its way.</summary>
    public double Rate => Work / Time.Least;
}

/// <summary>What processor and memory can do, measured by work that nothing else bounds.</summary>
public sealed record Ceilings
{
    /// <summary>F32 multiply-adds on registers, one thread; operations a second.</summary>
    public required Ceiling PeakOne { get; init; }

    /// <summary>The same on all threads.</summary>
    public required Ceiling Peak { get; init; }

    /// <summary>Products of BF16 pairs on all threads; null where the processor has none.</summary>
    public required Ceiling? PeakBF16 { get; init; }

    /// <summary>Reading memory on all threads; bytes a second.</summary>
    public required Ceiling Read { get; init; }

    /// <summary>Copying memory on all threads, bytes read and bytes written counted.</summary>
    public required Ceiling Copy { get; init; }

    /// <summary>The same with stores that leave the caches out.</summary>
    public required Ceiling CopyPastCache { get; init; }

    /// <summary>Bytes a second of the faster way to copy.</summary>
    public double CopyRate => Math.Max(Copy.Rate, CopyPastCache.Rate);

    /// <summary>Measures on the threads of <paramref name="backend"/>.</summary>
    /// <param name="backend">Threads and vectors.</param>
    /// <param name="megabytes">Size of the range that is read: several times the caches.</param>
    /// <param name="budget">Time for each of the five.</param>
    /// <param name="cancel">Looked at between repeats.</param>
    public static Ceilings Measure(CpuBackend backend, int megabytes, TimeSpan budget, CancellationToken cancel)
    {
        using var memory = new CaseMemory();
        var from = memory.New(DType.U8, megabytes, 1 << 20);
        var to = memory.New(DType.U8, megabytes, 1 << 20);
        // What was never written is one page of zeros, which lies in the cache.
        for (var r = 0; r < megabytes; r++)
        {
            from.RowBytes(r).Fill(1);
            to.RowBytes(r).Fill(1);
        }
        var all = new CpuPeaks(backend);
        return new Ceilings
        {
            PeakOne = MeasurePeak(CpuBackend.Shared(1), budget, cancel),
            Peak = MeasurePeak(CpuBackend.Shared(backend.Threads), budget, cancel),
            PeakBF16 = CpuBackend.Supports(ProductType.BF16) ? MeasurePeak(CpuBackend.Shared(backend.Threads, ProductType.BF16), budget, cancel) : null,
            Read = Of(() => all.Read(from), budget, cancel),
            Copy = Of(() => all.Copy(from, to, pastCache: false), budget, cancel),
            CopyPastCache = Of(() => all.Copy(from, to, pastCache: true), budget, cancel),
        };
    }

    /// <summary>Multiply-adds on registers alone.</summary>
    internal static Ceiling MeasurePeak(CpuBackend backend, TimeSpan budget, CancellationToken cancel) =>
        Of(() => new CpuPeaks(backend).MultiplyAdd(MultiplyAdds), budget, cancel);

    /// <summary>Operations a second of a product type's products at the most.</summary>
    public double PeakOf(ProductType products) => (products == ProductType.BF16 ? PeakBF16 ?? Peak : Peak).Rate;

    /// <summary>Seconds that calls must take at the least.</summary>
    /// <param name="kernel">The kernel's name: only matrix products have a type.</param>
    /// <param name="work">What they have to do.</param>
    /// <param name="products">The backend's product type.</param>
    public double Bound(string kernel, KernelWork work, ProductType products) => Math.Max(work.Operations / PeakOf(kernel, products), work.Bytes / MemoryRate(work));

    /// <summary>Whether arithmetic, rather than memory, is what bounds such calls.</summary>
    public bool IsArithmetic(string kernel, KernelWork work, ProductType products) => work.Operations / PeakOf(kernel, products) >= work.Bytes / MemoryRate(work);

    private double PeakOf(string kernel, ProductType products) => PeakOf(kernel == nameof(IMatrixKernels.Product) ? products : ProductType.F32);

    // What writes next to nothing is held against reading.
    private double MemoryRate(KernelWork work) => work.Written * 8 < work.Read ? Read.Rate : CopyRate;

    private static Ceiling Of(Func<double> work, TimeSpan budget, CancellationToken cancel)
    {
        double done = 0;
        var time = Timing.Measure(() => done = work(), new Repeats(budget, 5), cancel);
        return new Ceiling(done, time);
    }

    // Some tenths of a millisecond a thread.
    private const int MultiplyAdds = 200;
}
