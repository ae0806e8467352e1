using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>IEEE 754 binary16.</summary>
internal readonly unsafe struct F16Format : IHalfFormat
{
    /// <inheritdoc />
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<L, V>(ushort* from) where L : struct, ILane<V> where V : unmanaged => L.LoadF16(from);

    /// <inheritdoc />
    public static void Encode(float* from, int count, ushort* to)
    {
        for (var i = 0; i < count; i++)
            to[i] = BitConverter.HalfToUInt16Bits((Half)from[i]);
    }
}
