using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Attention of one query: decoding. Where blocks of queries lie across the vectors, here channels do; keys and values are read once, in
/// place, and scores of all keys that are seen are held at once.
/// </summary>
internal static unsafe class RowAttention<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Most keys that a thread's scratch has room for scores of.</summary>
    public const int MostKeys = Workers.ScratchBytes / sizeof(float) - 64;

    /// <summary>o = softmax(scores of q) · values, over <paramref name="count"/> keys.</summary>
    /// <param name="q">[D].</param>
    /// <param name="keys">First key that is seen.</param>
    /// <param name="keyPitch">Elements from key to key.</param>
    /// <param name="values">Its value.</param>
    /// <param name="valuePitch">Elements from value to value.</param>
    /// <param name="count">Keys, at least one.</param>
    /// <param name="shape">D, scale and soft-cap.</param>
    /// <param name="o">[D].</param>
    /// <param name="scores">Room for the keys, up to whole vectors.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* q, float* keys, nint keyPitch, float* values, nint valuePitch, int count, in AttentionShape shape, float* o, float* scores)
    {
        for (var j = 0; j < count; j++)
            scores[j] = AttentionKernel<L, V>.Dot(q, keys + j * keyPitch, shape.HeadSize);
        if (shape.SoftCap > 0)
            AttentionKernel<L, V>.Cap(scores, count, shape.Scale, shape.SoftCap);
        // What fills the last vector up is never seen; capped, it would be.
        new Span<float>(scores + count, (L.Width - count % L.Width) % L.Width).Fill(float.NegativeInfinity);
        var factor = 1 / Softmax(scores, count, shape.SoftCap > 0 ? 1 : shape.Scale);
        for (var i = 0; i < shape.HeadSize; i += L.Width)
            Elements<L, V>.Store(o + i, L.Mul(L.Set(factor), Column(scores, values + i, valuePitch, count, shape.HeadSize - i)), shape.HeadSize - i);
    }

    // Scores become exp(scale · (score − largest)); returns their sum. The scale is positive, so that the largest stays the largest.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Softmax(float* scores, int count, float scale)
    {
        var most = L.Set(float.NegativeInfinity);
        for (var j = 0; j < count; j += L.Width)
            most = L.Max(most, L.Load(scores + j));
        var (largest, factor, sum) = (L.Set(L.Largest(most)), L.Set(scale), L.Set(0));
        for (var j = 0; j < count; j += L.Width)
        {
            var p = VectorMath<L, V>.Exp(L.Mul(factor, L.Sub(L.Load(scores + j), largest)));
            L.Store(scores + j, p);
            sum = L.Add(sum, p);
        }
        return L.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static V Column(float* p, float* values, nint pitch, int count, int left)
    {
        V even = L.Set(0), odd = even;
        var j = 0;
        for (; j + 2 <= count; j += 2, values += 2 * pitch)
        {
            even = L.Fma(L.Set(p[j]), Elements<L, V>.Load(values, left), even);
            odd = L.Fma(L.Set(p[j + 1]), Elements<L, V>.Load(values + pitch, left), odd);
        }
        if (j < count)
            even = L.Fma(L.Set(p[j]), Elements<L, V>.Load(values, left), even);
        return L.Add(even, odd);
    }
}
