using System.Runtime.Intrinsics.X86;
using Attune.Engine.Platform;

namespace Attune.Engine.Backends.Cpu.MachineCode;

/// <summary>The emitted kernels of this process: made when they are first asked for, kept as long as the process lives.</summary>
internal static unsafe class PairKernels
{
    private static readonly ExecutableMemory?[] code = Emit();

    /// <summary>True where the processor and the system offer all that the kernels need, and native calls are not switched off.</summary>
    public static bool AreAvailable { get; } = code.All(static c => c is not null);

    /// <summary>A tile of 8 rows and one, two or three vectors of 16 columns.</summary>
    public static delegate* unmanaged[SuppressGCTransition]<PairTile*, void> Tile(int vectors) =>
        (delegate* unmanaged[SuppressGCTransition]<PairTile*, void>)code[vectors - 1]!.Address;

    // AVX512_BF16 is bit 5 of EAX in CPUID's leaf 7, subleaf 1; that the system saves the registers is part of Avx512BW.IsSupported.
    private static bool Processor() =>
        Avx512BW.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax >> 5 & 1) != 0;

    private static ExecutableMemory?[] Emit() =>
        [.. Enumerable.Range(1, 3).Select(static vectors =>
            Processor() ? ExecutableMemory.TryCreate(TileEmitter.Tile(vectors, OperatingSystem.IsWindows())) : null)];
}
