using System.Runtime.CompilerServices;

namespace Attune.Engine.Backends.Cpu.Simd;

/// <summary>Elementary functions of vectors, about one unit in the last place; NaN in, NaN out.</summary>
internal static class VectorMath<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>eˣ over the whole range, subnormal results, 0 and ∞ included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp(V x)
    {
        // Outside these bounds the result is 0 or ∞ anyway. The bound stands first: a NaN in x survives.
        x = L.Min(L.Set(89), L.Max(L.Set(-104), x));
        var n = L.Round(L.Mul(x, L.Set(1.44269504f)));
        // ln 2 in two parts, the first with few bits, so that n · ln 2 is subtracted without error.
        var r = L.Fma(n, L.Set(-0.693359375f), x);
        r = L.Fma(n, L.Set(2.12194440e-4f), r);
        // |r| ≤ ln 2 / 2: the Taylor sum up to r⁷ is off by 5e-9.
        var sum = L.Set(1f / 5040);
        sum = L.Fma(sum, r, L.Set(1f / 720));
        sum = L.Fma(sum, r, L.Set(1f / 120));
        sum = L.Fma(sum, r, L.Set(1f / 24));
        sum = L.Fma(sum, r, L.Set(1f / 6));
        sum = L.Fma(sum, r, L.Set(0.5f));
        sum = L.Fma(sum, r, L.Set(1));
        sum = L.Fma(sum, r, L.Set(1));
        return L.Scale(sum, n);
    }

    /// <summary>2ˣ for x below 128; 0 from −160 on, −∞ included; 1.5e-7 relative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp2(V x)
    {
        // The bound stands first: a NaN in x survives.
        x = L.Max(L.Set(-160), x);
        var n = L.Round(x);
        var r = L.Sub(x, n);
        // Of all polynomials of degree 5 that are 1 at 0 the one whose relative error over |r| ≤ ½ is least: 9e-8.
        var sum = L.Set(0.00132647303f);
        sum = L.Fma(sum, r, L.Set(0.00967151373f));
        sum = L.Fma(sum, r, L.Set(0.0555073375f));
        sum = L.Fma(sum, r, L.Set(0.240222421f));
        sum = L.Fma(sum, r, L.Set(0.693146978f));
        sum = L.Fma(sum, r, L.Set(1));
        return L.Scale(sum, n);
    }

    /// <summary>ln(1 + x) for x from 0 to 1; 2e-7 relative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log1p(V x)
    {
        // 2 artanh(s) with s = x / (2 + x) ≤ 1/3: the sum of s^(2n + 1) / (2n + 1) up to s¹³ is off by 1e-8.
        var s = L.Div(x, L.Add(L.Set(2), x));
        var square = L.Mul(s, s);
        var sum = L.Set(2f / 13);
        sum = L.Fma(sum, square, L.Set(2f / 11));
        sum = L.Fma(sum, square, L.Set(2f / 9));
        sum = L.Fma(sum, square, L.Set(2f / 7));
        sum = L.Fma(sum, square, L.Set(2f / 5));
        sum = L.Fma(sum, square, L.Set(2f / 3));
        sum = L.Fma(sum, square, L.Set(2));
        return L.Mul(sum, s);
    }

    /// <summary>σ(x) = 1 / (1 + e⁻ˣ).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid(V x) => L.Div(L.Set(1), L.Add(L.Set(1), Exp(L.Sub(L.Set(0), x))));

    /// <summary>tanh(x), 3e-7 relative: odd Taylor sum below ¼, where (1 − e⁻²ˣ) / (1 + e⁻²ˣ) cancels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh(V x)
    {
        var size = L.Abs(x);
        var e = Exp(L.Mul(L.Set(-2), size));
        var far = L.Div(L.Sub(L.Set(1), e), L.Add(L.Set(1), e));
        far = L.IfLess(x, L.Set(0), L.Sub(L.Set(0), far), far);
        var square = L.Mul(x, x);
        var sum = L.Set(62f / 2835);
        sum = L.Fma(sum, square, L.Set(-17f / 315));
        sum = L.Fma(sum, square, L.Set(2f / 15));
        sum = L.Fma(sum, square, L.Set(-1f / 3));
        return L.IfLess(size, L.Set(0.25f), L.Fma(L.Mul(sum, square), x, x), far);
    }

    /// <summary>Φ(x), the normal distribution function, ½ erfc(−x / √2); <paramref name="density"/> is e^(−x²/2).</summary>
    /// <remarks>
    /// erfc(z) = e^(−z²) · t · P(t), t = 1 / (1 + 0.4 z) for z ≥ 0. P interpolates at the Chebyshev nodes of 0 ≤ z ≤ 10.5, relative
    /// error 2e-8; beyond, e^(−z²) is 0.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Phi(V x, out V density)
    {
        density = Exp(L.Mul(L.Set(-0.5f), L.Mul(x, x)));
        var t = L.Div(L.Set(1), L.Fma(L.Set(0.4f * 0.70710678f), L.Abs(x), L.Set(1)));
        var p = L.Set(-0.03270635391f);
        p = L.Fma(p, t, L.Set(0.2143132256f));
        p = L.Fma(p, t, L.Set(-0.5355897606f));
        p = L.Fma(p, t, L.Set(0.5942184901f));
        p = L.Fma(p, t, L.Set(-0.3212249809f));
        p = L.Fma(p, t, L.Set(0.2906588867f));
        p = L.Fma(p, t, L.Set(0.1236935078f));
        p = L.Fma(p, t, L.Set(0.2161018698f));
        p = L.Fma(p, t, L.Set(0.2248221836f));
        p = L.Fma(p, t, L.Set(0.2257129335f));
        var tail = L.Mul(L.Mul(L.Set(0.5f), density), L.Mul(t, p));
        return L.IfLess(x, L.Set(0), tail, L.Sub(L.Set(1), tail));
    }
}
