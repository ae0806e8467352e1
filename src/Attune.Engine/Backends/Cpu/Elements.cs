using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>A function of up to three elements.</summary>
internal interface IMap<V> where V : unmanaged
{
    /// <summary>How many of the arguments are read.</summary>
    static abstract int Inputs { get; }

    V Of(V a, V b, V c);
}

/// <summary>Work on runs of elements. Targets may be the same memory as sources.</summary>
internal static unsafe class Elements<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>y = f(a, b, c) + β · y over <paramref name="count"/> elements; y is not read where β is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Map<TMap>(TMap f, float* a, float* b, float* c, float* y, float beta, int count) where TMap : struct, IMap<V>
    {
        var factor = L.Set(beta);
        var i = 0;
        for (; i + L.Width <= count; i += L.Width)
        {
            var value = f.Of(L.Load(a + i), TMap.Inputs > 1 ? L.Load(b + i) : default, TMap.Inputs > 2 ? L.Load(c + i) : default);
            L.Store(y + i, beta == 0 ? value : L.Fma(factor, L.Load(y + i), value));
        }
        if (i == count)
            return;
        var n = count - i;
        var last = f.Of(
            Part<L, V>.Load(a + i, n),
            TMap.Inputs > 1 ? Part<L, V>.Load(b + i, n) : default,
            TMap.Inputs > 2 ? Part<L, V>.Load(c + i, n) : default);
        Part<L, V>.Store(y + i, beta == 0 ? last : L.Fma(factor, Part<L, V>.Load(y + i, n), last), n);
    }

    /// <summary>y += factor · x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAdd(float factor, float* x, float* y, int count)
    {
        var f = L.Set(factor);
        var i = 0;
        for (; i + L.Width <= count; i += L.Width)
            L.Store(y + i, L.Fma(f, L.Load(x + i), L.Load(y + i)));
        if (i < count)
            Part<L, V>.Store(y + i, L.Fma(f, Part<L, V>.Load(x + i, count - i), Part<L, V>.Load(y + i, count - i)), count - i);
    }

    /// <summary>
    /// dgate = dy · up · f′(gate) + βg · dgate and dup = dy · f(gate) + βu · dup, both computed before either is written, so that they
    /// may replace what they were computed from. Null targets are left out.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GateBackward<TF>(float* dy, float* gate, float* up, float* dGate, float betaGate, float* dUp, float betaUp, int count)
        where TF : struct, IActivation<V>
    {
        for (var i = 0; i < count; i += L.Width)
        {
            var n = Math.Min(L.Width, count - i);
            var d = Load(dy + i, n);
            var value = TF.Value(Load(gate + i, n), out var slope);
            var g = dGate == null ? default : L.Mul(L.Mul(d, Load(up + i, n)), slope);
            if (dUp != null)
                Store(dUp + i, betaUp == 0 ? L.Mul(d, value) : L.Fma(L.Set(betaUp), Load(dUp + i, n), L.Mul(d, value)), n);
            if (dGate != null)
                Store(dGate + i, betaGate == 0 ? g : L.Fma(L.Set(betaGate), Load(dGate + i, n), g), n);
        }
    }

    /// <summary>A vector, or the part of it that there is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(float* from, int count) => count >= L.Width ? L.Load(from) : Part<L, V>.Load(from, count);

    /// <summary>Writes a vector, or the part of it that there is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, V value, int count)
    {
        if (count >= L.Width)
            L.Store(to, value);
        else
            Part<L, V>.Store(to, value, count);
    }
}
