using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>The upper half of a binary32.</summary>
internal readonly unsafe struct BF16Format : IHalfFormat
{
    /// <inheritdoc />
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<L, V>(ushort* from) where L : struct, ILane<V> where V : unmanaged => L.LoadBF16(from);

    /// <summary>As <see cref="Scalars.ToBF16"/> rounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Encode(float* from, int count, ushort* to)
    {
        var i = 0;
        for (; i + 16 <= count; i += 16)
            Vector256.Narrow(Round(from + i), Round(from + i + 8)).Store(to + i);
        for (; i < count; i++)
            to[i] = Scalars.ToBF16(from[i]);
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
