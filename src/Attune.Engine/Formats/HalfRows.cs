using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>A format of two bytes an element.</summary>
internal unsafe interface IHalfFormat
{
    /// <summary>One vector of elements, widened.</summary>
    static abstract V Load<L, V>(ushort* from) where L : struct, ILane<V> where V : unmanaged;

    /// <summary>Rounds floats to the nearest element, ties to even.</summary>
    static abstract void Encode(float* from, int count, ushort* to);
}

/// <summary>Rows of a two-byte format. The format is a struct, so that the compiler makes code of its own for each.</summary>
internal readonly unsafe struct HalfRows<TFormat> : IDotFormat, IParts where TFormat : struct, IHalfFormat
{
    /// <inheritdoc />
    public static int Elements => 64;

    /// <inheritdoc />
    public static int Bytes => 128;

    /// <inheritdoc />
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Numbers<L, V>(byte* block, int first) where L : struct, ILane<V> where V : unmanaged => TFormat.Load<L, V>((ushort*)block + first);

    /// <inheritdoc />
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Add<L, V>(byte* row, int block, float* x, V sum) where L : struct, ILane<V> where V : unmanaged =>
        L.Add(sum, BlockDot<HalfRows<TFormat>>.Of64<L, V>(row + (nint)block * Elements * sizeof(ushort), x));

    /// <summary>Widens elements start … start + count − 1 of a row; the caller answers for both ranges.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode<L, V>(byte* row, long start, int count, float* to) where L : struct, ILane<V> where V : unmanaged
    {
        var from = (ushort*)row + start;
        var i = 0;
        for (; i + L.Width <= count; i += L.Width)
            L.Store(to + i, TFormat.Load<L, V>(from + i));
        if (i == count)
            return;
        var tail = stackalloc ushort[16];
        for (var j = 0; j < count - i; j++)
            tail[j] = from[i + j];
        Part<L, V>.Store(to + i, TFormat.Load<L, V>(tail), count - i);
    }

    /// <summary>Rounds floats into elements start … start + count − 1 of a row.</summary>
    public static void Encode(float* from, int count, byte* row, long start) => TFormat.Encode(from, count, (ushort*)row + start);
}
