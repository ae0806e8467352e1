using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>The upper half of a binary32.</summary>
internal static unsafe class BF16Format
{
    /// <summary>Widens elements start … start + count − 1 of a row; the caller answers for both ranges.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode<L, V>(byte* row, long start, int count, float* to) where L : struct, ILane<V> where V : unmanaged
    {
        var from = (ushort*)row + start;
        var i = 0;
        for (; i + L.Width <= count; i += L.Width)
            L.Store(to + i, L.LoadBF16(from + i));
        if (i == count)
            return;
        var tail = stackalloc ushort[16];
        for (var j = 0; j < count - i; j++)
            tail[j] = from[i + j];
        Part<L, V>.Store(to + i, L.LoadBF16(tail), count - i);
    }

    /// <summary>Rounds floats into elements start … start + count − 1 of a row, as <see cref="Scalars.ToBF16"/> does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Encode(float* from, int count, byte* row, long start)
    {
        var target = (ushort*)row + start;
        var i = 0;
        for (; i + 16 <= count; i += 16)
            Vector256.Narrow(Round(from + i), Round(from + i + 8)).Store(target + i);
        for (; i < count; i++)
            target[i] = Scalars.ToBF16(from[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Round(float* from)
    {
        var bits = Vector256.Load(from).AsUInt32();
        var rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        var quiet = (bits >> 16) | Vector256.Create(0x40u);
        var isNaN = Vector256.GreaterThan(bits & Vector256.Create(0x7FFF_FFFFu), Vector256.Create(0x7F80_0000u));
        return Vector256.ConditionalSelect(isNaN, quiet, rounded);
    }
}
