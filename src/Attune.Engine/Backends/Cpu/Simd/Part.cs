using System.Runtime.CompilerServices;

namespace Attune.Engine.Backends.Cpu.Simd;

/// <summary>
/// The last, incomplete vector of a row. It is computed by the same vector instructions as the rest, so that an element's bits do
/// not depend on its place in the row; what is missing is filled, and never written back.
/// </summary>
internal static unsafe class Part<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>The first <paramref name="count"/> floats at <paramref name="from"/>, then <paramref name="fill"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V Load(float* from, int count, float fill = 0)
    {
        var value = L.Set(fill);
        var to = (float*)&value;
        // count < Width, so that this stays within the vector.
        for (var i = 0; i < count; i++)
            to[i] = from[i];
        return value;
    }

    /// <summary>Writes the first <paramref name="count"/> elements.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Store(float* to, V value, int count)
    {
        var from = (float*)&value;
        for (var i = 0; i < count; i++)
            to[i] = from[i];
    }
}
