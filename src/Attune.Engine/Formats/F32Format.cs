using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>IEEE 754 binary32.</summary>
internal readonly unsafe struct F32Format : IDotFormat, IParts
{
    /// <inheritdoc />
    public static int Elements => 64;

    /// <inheritdoc />
    public static int Bytes => 256;

    /// <inheritdoc />
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Numbers<L, V>(byte* block, int first) where L : struct, ILane<V> where V : unmanaged => L.Load((float*)block + first);

    /// <inheritdoc />
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Add<L, V>(byte* row, int block, float* x, V sum) where L : struct, ILane<V> where V : unmanaged =>
        L.Add(sum, BlockDot<F32Format>.Of64<L, V>(row + (nint)block * Elements * sizeof(float), x));

    /// <summary>Copies elements start … start + count − 1 of a row; the caller answers for both ranges.</summary>
    public static void Decode(byte* row, long start, int count, float* to) =>
        new ReadOnlySpan<float>((float*)row + start, count).CopyTo(new Span<float>(to, count));

    /// <summary>Copies floats into elements start … start + count − 1 of a row.</summary>
    public static void Encode(float* from, int count, byte* row, long start) =>
        new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>((float*)row + start, count));
}
