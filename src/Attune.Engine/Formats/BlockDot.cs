using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>Numbers of a block, without its scale, a vector at a time.</summary>
internal unsafe interface IParts
{
    /// <summary>Numbers first … first + width − 1 of the block at <paramref name="block"/>.</summary>
    static abstract V Numbers<L, V>(byte* block, int first) where L : struct, ILane<V> where V : unmanaged;
}

/// <summary>Σ x · (numbers of a block), lane by lane: what <see cref="IDotFormat.Add"/> of the formats is made of.</summary>
internal static unsafe class BlockDot<P> where P : struct, IParts
{
    /// <summary>Of 32 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of32<L, V>(byte* block, float* x) where L : struct, ILane<V> where V : unmanaged
    {
        var sum = L.Mul(P.Numbers<L, V>(block, 0), L.Load(x));
        // Written out at the width that matters most: the compiler would leave it a loop.
        if (L.Width == 16)
            return L.Fma(P.Numbers<L, V>(block, 16), L.Load(x + 16), sum);
        for (var i = L.Width; i < 32; i += L.Width)
            sum = L.Fma(P.Numbers<L, V>(block, i), L.Load(x + i), sum);
        return sum;
    }

    /// <summary>Of 64 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of64<L, V>(byte* block, float* x) where L : struct, ILane<V> where V : unmanaged
    {
        var sum = L.Mul(P.Numbers<L, V>(block, 0), L.Load(x));
        if (L.Width == 16)
        {
            sum = L.Fma(P.Numbers<L, V>(block, 16), L.Load(x + 16), sum);
            sum = L.Fma(P.Numbers<L, V>(block, 32), L.Load(x + 32), sum);
            return L.Fma(P.Numbers<L, V>(block, 48), L.Load(x + 48), sum);
        }
        for (var i = L.Width; i < 64; i += L.Width)
            sum = L.Fma(P.Numbers<L, V>(block, i), L.Load(x + i), sum);
        return sum;
    }
}

/// <summary>Tables of sixteen numbers that four-bit codes stand for.</summary>
internal static class CodeTables
{
    /// <summary>−8 … 7.</summary>
    public static Vector512<float> FromMinusEight
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(-8f, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
    }

    /// <summary>The levels of NF4.</summary>
    public static Vector512<float> Normal
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(-1f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f,
            -0.18477343022823334f, -0.09105003625154495f, 0, 0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f,
            0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1);
    }
}
