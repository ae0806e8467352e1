using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;
using Attune.Engine.Formats;

namespace Attune.Engine.Backends.Cpu;

/// <summary>A block of moments from 8 bits to F32 and back; see <see cref="ByteMoments"/>.</summary>
internal static unsafe class ByteMomentKernel<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>to[i] = scale · map[codes[i]].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(DynamicCodes map, byte* codes, float scale, float* to, int count)
    {
        for (var i = 0; i < count; i++)
            to[i] = map[codes[i]] * scale;
    }

    /// <summary>Rounds a block; <paramref name="values"/> are divided by their largest magnitude in place.</summary>
    /// <param name="map">The numbers to round to.</param>
    /// <param name="values">Up to 256 numbers.</param>
    /// <param name="codes">Gets their codes.</param>
    /// <param name="leastOfSome">The lowest code of what is above zero.</param>
    /// <param name="count">How many.</param>
    /// <returns>The largest magnitude.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Encode(DynamicCodes map, float* values, byte* codes, byte leastOfSome, int count)
    {
        var most = L.Set(0);
        for (var i = 0; i < count; i += L.Width)
            most = L.Max(most, L.Abs(Elements<L, V>.Load(values + i, count - i)));
        var largest = L.Largest(most);
        // A quotient, since the inverse of a subnormal number overflows.
        var divisor = L.Set(largest == 0 ? 1 : largest);
        for (var i = 0; i < count; i += L.Width)
            Elements<L, V>.Store(values + i, L.Div(Elements<L, V>.Load(values + i, count - i), divisor), count - i);
        for (var i = 0; i < count; i++)
        {
            var code = map.Nearest(values[i]);
            codes[i] = code == 0 && values[i] > 0 ? leastOfSome : code;
        }
        return largest;
    }
}
