using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>A function of one number and its derivative, on vectors.</summary>
internal interface IActivation<V> where V : unmanaged
{
    /// <summary>f(x).</summary>
    static abstract V Value(V x);

    /// <summary>f(x) and f′(x).</summary>
    static abstract V Value(V x, out V slope);
}

/// <summary>x · σ(x).</summary>
internal readonly struct Silu<L, V> : IActivation<V> where L : struct, ILane<V> where V : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value(V x) => L.Mul(x, VectorMath<L, V>.Sigmoid(x));

    // f′ = σ · (1 + x · (1 − σ)).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value(V x, out V slope)
    {
        var s = VectorMath<L, V>.Sigmoid(x);
        slope = L.Mul(s, L.Fma(x, L.Sub(L.Set(1), s), L.Set(1)));
        return L.Mul(x, s);
    }
}

/// <summary>x · Φ(x).</summary>
internal readonly struct Gelu<L, V> : IActivation<V> where L : struct, ILane<V> where V : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value(V x) => L.Mul(x, VectorMath<L, V>.Phi(x, out _));

    // f′ = Φ + x · φ(x).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value(V x, out V slope)
    {
        var phi = VectorMath<L, V>.Phi(x, out var density);
        slope = L.Fma(x, L.Mul(L.Set(0.39894228f), density), phi);
        return L.Mul(x, phi);
    }
}

/// <summary>½ x (1 + tanh u) = x · σ(2u), u = √(2/π) (x + 0.044715 x³).</summary>
internal readonly struct GeluTanh<L, V> : IActivation<V> where L : struct, ILane<V> where V : unmanaged
{
    private const float TwoRootTwoOverPi = 1.59576912f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value(V x) => L.Mul(x, VectorMath<L, V>.Sigmoid(Twice(x)));

    // f′ = σ + x · σ · (1 − σ) · 2u′; x is held to where σ is neither 0 nor 1, so that x² does not overflow against a zero.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value(V x, out V slope)
    {
        var s = VectorMath<L, V>.Sigmoid(Twice(x));
        var near = L.Min(L.Set(20), L.Max(L.Set(-20), x));
        var inner = L.Mul(L.Set(TwoRootTwoOverPi), L.Fma(L.Set(3 * 0.044715f), L.Mul(near, near), L.Set(1)));
        slope = L.Fma(L.Mul(near, inner), L.Mul(s, L.Sub(L.Set(1), s)), s);
        return L.Mul(x, s);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Twice(V x) =>
        L.Mul(L.Mul(L.Set(TwoRootTwoOverPi), x), L.Fma(L.Set(0.044715f), L.Mul(x, x), L.Set(1)));
}
