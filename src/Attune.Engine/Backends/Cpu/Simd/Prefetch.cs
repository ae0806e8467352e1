using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Attune.Engine.Backends.Cpu.Simd;

/// <summary>Asks for memory that will be read soon; rows apart from each other are more than the processor foresees by itself.</summary>
internal static unsafe class Prefetch
{
    private const int LineFloats = 16;

    /// <summary>The first <paramref name="length"/> floats of each row. Any address will do: nothing is read that must be there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Rows(float* rows, nint pitch, int count, int length)
    {
        for (var r = 0; r < count && Sse.IsSupported; r++)
            for (var i = 0; i < length; i += LineFloats)
                Sse.Prefetch0(rows + r * pitch + i);
    }

    /// <summary>Some bytes, into the second-level cache. Any address will do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bytes(byte* from, long count)
    {
        for (var i = 0L; i < count && Sse.IsSupported; i += LineFloats * sizeof(float))
            Sse.Prefetch1(from + i);
    }
}
