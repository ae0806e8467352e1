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
        for (var i = 0; i < count; i += L.Width)
        {
            var n = count - i;
            var value = L.Mul(L.Mul(L.Sub(Elements<L, V>.Load(x + i, n), m), r), Elements<L, V>.Load(w + i, n));
            Elements<L, V>.Store(y + i, b == null ? value : L.Add(value, Elements<L, V>.Load(b + i, n)), n);
        }
    }

    /// <summary>Σ g and Σ g · x̂ with g = dy · w and x̂ = (x − mean) · rstd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Moments(float* dy, float* x, float mean, float rstd, float* w, int count, out float sum, out float dot)
    {
        V m = L.Set(mean), r = L.Set(rstd), s = L.Set(0), d = s;
        for (var i = 0; i < count; i += L.Width)
        {
            var n = count - i;
            var g = L.Mul(Elements<L, V>.Load(dy + i, n), Elements<L, V>.Load(w + i, n));
            // Where the row has ended g is 0, so that what stands in x̂ does not count.
            s = L.Add(s, g);
            d = L.Fma(g, L.Mul(L.Sub(Elements<L, V>.Load(x + i, n), m), r), d);
        }
        (sum, dot) = (L.Sum(s), L.Sum(d));
    }

    /// <summary>dx = rstd · (g − meanG − x̂ · meanDot) + β · dx; dx may be dy or x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float* dy, float* x, float mean, float rstd, float* w, float meanG, float meanDot, float* dx, float beta, int count)
    {
        V m = L.Set(mean), r = L.Set(rstd), mg = L.Set(meanG), md = L.Set(-meanDot);
        for (var i = 0; i < count; i += L.Width)
        {
            var n = count - i;
            var g = L.Mul(Elements<L, V>.Load(dy + i, n), Elements<L, V>.Load(w + i, n));
            var hat = L.Mul(L.Sub(Elements<L, V>.Load(x + i, n), m), r);
            var value = L.Mul(r, L.Fma(hat, md, L.Sub(g, mg)));
            Elements<L, V>.Store(dx + i, beta == 0 ? value : L.Fma(L.Set(beta), Elements<L, V>.Load(dx + i, n), value), n);
        }
    }
}
