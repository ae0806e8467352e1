using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>IEEE 754 binary16.</summary>
internal static unsafe class F16Format
{
    /// <summary>Widens elements start … start + count − 1 of a row; the caller answers for both ranges.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode<L, V>(byte* row, long start, int count, float* to) where L : struct, ILane<V> where V : unmanaged
    {
        var from = (ushort*)row + start;
        var i = 0;
        for (; i + L.Width <= count; i += L.Width)
            L.Store(to + i, L.LoadF16(from + i));
        if (i == count)
            return;
        var tail = stackalloc ushort[16];
        for (var j = 0; j < count - i; j++)
            tail[j] = from[i + j];
        Part<L, V>.Store(to + i, L.LoadF16(tail), count - i);
    }

    /// <summary>Rounds floats into elements start … start + count − 1 of a row.</summary>
    public static void Encode(float* from, int count, byte* row, long start)
    {
        var target = (ushort*)row + start;
        for (var i = 0; i < count; i++)
            target[i] = BitConverter.HalfToUInt16Bits((Half)from[i]);
    }
}
