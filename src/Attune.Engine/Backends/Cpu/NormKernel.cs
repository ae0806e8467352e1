using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Normalisation of one row of <c>count</c> elements.</summary>
internal static unsafe class NormKernel<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Σ (x − mean)².</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float SquaredDeviation(float* x, float mean, int count)
    {
        V s0 = L.Set(0), s1 = s0, m = L.Set(mean);
        var i = 0;
        for (; i + 2 * L.Width <= count; i += 2 * L.Width)
        {
            V a = L.Sub(L.Load(x + i), m), b = L.Sub(L.Load(x + i + L.Width), m);
            s0 = L.Fma(a, a, s0);
            s1 = L.Fma(b, b, s1);
        }
        for (; i < count; i += L.Width)
        {
            var n = Math.Min(L.Width, count - i);
            // What is missing is filled with the mean, which deviates by nothing.
            var a = L.Sub(n == L.Width ? L.Load(x + i) : Part<L, V>.Load(x + i, n, mean), m);
            s0 = L.Fma(a, a, s0);
        }
        return L.Sum(L.Add(s0, s1));
    }

    /// <summary>Σ x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Sum(float* x, int count)
    {
        V s0 = L.Set(0), s1 = s0;
        var i = 0;
        for (; i + 2 * L.Width <= count; i += 2 * L.Width)
        {
            s0 = L.Add(s0, L.Load(x + i));
            s1 = L.Add(s1, L.Load(x + i + L.Width));
        }
        for (; i < count; i += L.Width)
            s0 = L.Add(s0, Elements<L, V>.Load(x + i, count - i));
        return L.Sum(L.Add(s0, s1));
    }

    /// <summary>y = (x − mean) · rstd · w + b; b may be null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(float* x, float mean, float rstd, float* w, float* b, float* y, int count)
    {
        V m = L.Set(mean), r = L.Set(rstd);
        var i = 0;
        for (; i + L.Width <= count; i += L.Width)
        {
            var value = L.Mul(Hat(L.Load(x + i), m, r), L.Load(w + i));
            L.Store(y + i, b == null ? value : L.Add(value, L.Load(b + i)));
        }
        if (i == count)
            return;
        var n = count - i;
        var last = L.Mul(Hat(Part<L, V>.Load(x + i, n), m, r), Part<L, V>.Load(w + i, n));
        Part<L, V>.Store(y + i, b == null ? last : L.Add(last, Part<L, V>.Load(b + i, n)), n);
    }

    /// <summary>Σ g and Σ g · x̂ with g = dy · w and x̂ = (x − mean) · rstd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Moments(float* dy, float* x, float mean, float rstd, float* w, int count, out float sum, out float dot)
    {
        V m = L.Set(mean), r = L.Set(rstd), s0 = L.Set(0), s1 = s0, d0 = s0, d1 = s0;
        var i = 0;
        for (; i + 2 * L.Width <= count; i += 2 * L.Width)
        {
            V g0 = L.Mul(L.Load(dy + i), L.Load(w + i)), g1 = L.Mul(L.Load(dy + i + L.Width), L.Load(w + i + L.Width));
            s0 = L.Add(s0, g0);
            s1 = L.Add(s1, g1);
            d0 = L.Fma(g0, Hat(L.Load(x + i), m, r), d0);
            d1 = L.Fma(g1, Hat(L.Load(x + i + L.Width), m, r), d1);
        }
        for (; i < count; i += L.Width)
        {
            // Where the row has ended g is 0, so that what stands in x̂ does not count.
            var n = count - i;
            var g = L.Mul(Elements<L, V>.Load(dy + i, n), Elements<L, V>.Load(w + i, n));
            s0 = L.Add(s0, g);
            d0 = L.Fma(g, Hat(Elements<L, V>.Load(x + i, n), m, r), d0);
        }
        (sum, dot) = (L.Sum(L.Add(s0, s1)), L.Sum(L.Add(d0, d1)));
    }

    /// <summary>dx = rstd · (g − meanG − x̂ · meanDot) + β · dx; dx may be dy or x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float* dy, float* x, float mean, float rstd, float* w, float meanG, float meanDot, float* dx, float beta, int count)
    {
        V m = L.Set(mean), r = L.Set(rstd), mg = L.Set(meanG), md = L.Set(-meanDot), b = L.Set(beta);
        var i = 0;
        for (; i + L.Width <= count; i += L.Width)
        {
            var value = L.Mul(r, L.Fma(Hat(L.Load(x + i), m, r), md, L.Sub(L.Mul(L.Load(dy + i), L.Load(w + i)), mg)));
            L.Store(dx + i, beta == 0 ? value : L.Fma(b, L.Load(dx + i), value));
        }
        if (i == count)
            return;
        var n = count - i;
        var g = L.Mul(Part<L, V>.Load(dy + i, n), Part<L, V>.Load(w + i, n));
        var last = L.Mul(r, L.Fma(Hat(Part<L, V>.Load(x + i, n), m, r), md, L.Sub(g, mg)));
        Part<L, V>.Store(dx + i, beta == 0 ? last : L.Fma(b, Part<L, V>.Load(dx + i, n), last), n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Hat(V x, V mean, V rstd) => L.Mul(L.Sub(x, mean), rstd);
}
