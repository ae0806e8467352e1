using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>One row of a tile in registers: a few vectors side by side. Its default is zero.</summary>
/// <remarks>A struct of at most four fields is what the JIT keeps apart in registers; an array or an inline array it does not.</remarks>
internal unsafe interface ITileRow<TSelf, V> where TSelf : struct where V : unmanaged
{
    /// <summary>The vectors at an address.</summary>
    static abstract TSelf Load(float* from);

    /// <summary>sum ← a · b + sum.</summary>
    static abstract void MultiplyAdd(V a, ref TSelf b, ref TSelf sum);

    /// <summary>to ← α · sum.</summary>
    static abstract void Store(TSelf sum, V alpha, float* to);

    /// <summary>to ← α · sum + β · to.</summary>
    static abstract void Blend(TSelf sum, V alpha, V beta, float* to);
}

/// <summary>A row of one vector.</summary>
internal unsafe struct OneVector<L, V> : ITileRow<OneVector<L, V>, V> where L : struct, ILane<V> where V : unmanaged
{
    private V x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static OneVector<L, V> Load(float* from) => new() { x = L.Load(from) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(V a, ref OneVector<L, V> b, ref OneVector<L, V> sum)
    {
        sum.x = L.Fma(a, b.x, sum.x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(OneVector<L, V> sum, V alpha, float* to) => L.Store(to, L.Mul(alpha, sum.x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Blend(OneVector<L, V> sum, V alpha, V beta, float* to) => L.Store(to, L.Fma(beta, L.Load(to), L.Mul(alpha, sum.x)));
}

/// <summary>A row of two vectors.</summary>
internal unsafe struct TwoVectors<L, V> : ITileRow<TwoVectors<L, V>, V> where L : struct, ILane<V> where V : unmanaged
{
    private V x, y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TwoVectors<L, V> Load(float* from) => new() { x = L.Load(from), y = L.Load(from + L.Width) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(V a, ref TwoVectors<L, V> b, ref TwoVectors<L, V> sum)
    {
        sum.x = L.Fma(a, b.x, sum.x);
        sum.y = L.Fma(a, b.y, sum.y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(TwoVectors<L, V> sum, V alpha, float* to)
    {
        L.Store(to, L.Mul(alpha, sum.x));
        L.Store(to + L.Width, L.Mul(alpha, sum.y));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Blend(TwoVectors<L, V> sum, V alpha, V beta, float* to)
    {
        L.Store(to, L.Fma(beta, L.Load(to), L.Mul(alpha, sum.x)));
        L.Store(to + L.Width, L.Fma(beta, L.Load(to + L.Width), L.Mul(alpha, sum.y)));
    }
}

/// <summary>A row of three vectors.</summary>
internal unsafe struct ThreeVectors<L, V> : ITileRow<ThreeVectors<L, V>, V> where L : struct, ILane<V> where V : unmanaged
{
    private V x, y, z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ThreeVectors<L, V> Load(float* from) =>
        new() { x = L.Load(from), y = L.Load(from + L.Width), z = L.Load(from + 2 * L.Width) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(V a, ref ThreeVectors<L, V> b, ref ThreeVectors<L, V> sum)
    {
        sum.x = L.Fma(a, b.x, sum.x);
        sum.y = L.Fma(a, b.y, sum.y);
        sum.z = L.Fma(a, b.z, sum.z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ThreeVectors<L, V> sum, V alpha, float* to)
    {
        L.Store(to, L.Mul(alpha, sum.x));
        L.Store(to + L.Width, L.Mul(alpha, sum.y));
        L.Store(to + 2 * L.Width, L.Mul(alpha, sum.z));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Blend(ThreeVectors<L, V> sum, V alpha, V beta, float* to)
    {
        L.Store(to, L.Fma(beta, L.Load(to), L.Mul(alpha, sum.x)));
        L.Store(to + L.Width, L.Fma(beta, L.Load(to + L.Width), L.Mul(alpha, sum.y)));
        L.Store(to + 2 * L.Width, L.Fma(beta, L.Load(to + 2 * L.Width), L.Mul(alpha, sum.z)));
    }
}
