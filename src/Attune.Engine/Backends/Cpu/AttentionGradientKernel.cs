using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Blocks of attention, backward. P and dS are held as [queries, keys]: keys and values are packed once for all query heads of their
/// group, and everything else is read in place. What a query does not see is 0 in both, as far as a tile reaches beyond what it sees.
/// </summary>
internal static unsafe class AttentionGradientKernel<L, V> where L : struct, ILane<V> where V : unmanaged
{
    // As far as tiles of rows reach beyond what one query sees.
    private const int Margin = 8;

    /// <summary>Elements from query to query in blocks of scores of a number of keys.</summary>
    public static int Pitch(int keys) => keys + 16;

    /// <summary>scores [queries][pitch] = rows [queries, D] · packed [D][pitch], where a query sees a key.</summary>
    /// <param name="rows">First row, read in place.</param>
    /// <param name="rowPitch">Elements from row to row.</param>
    /// <param name="readable">Rows that may be read.</param>
    /// <param name="headSize">D.</param>
    /// <param name="packed">The keys, or the values, transposed.</param>
    /// <param name="sight">Which queries see which keys.</param>
    /// <param name="scores">Room for whole tiles.</param>
    /// <param name="pitch">Elements from row to row of packed and scores.</param>
    /// <param name="scratch">Room for the rows of one tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores<P>(
        float* rows, nint rowPitch, int readable, int headSize, float* packed, in Sight sight, float* scores, int pitch, float* scratch)
        where P : struct, IAttentionProducts
    {
        for (var row = 0; row < sight.Queries; row += P.Rows)
        {
            var first = AttentionKernel<L, V>.Aligned(sight.FirstKey(row));
            var cols = AttentionKernel<L, V>.Padded(sight.EndKey(Math.Min(row + P.Rows, sight.Queries) - 1)) - first;
            Prefetch.Rows(rows + (row + P.Rows) * rowPitch, rowPitch, Math.Min(P.Rows, readable - row - P.Rows), headSize);
            P.AlongRows(rows + row * rowPitch, rowPitch, readable - row, headSize, packed, first, pitch, scores + row * pitch + first, pitch, cols, scratch);
        }
    }

    /// <summary>
    /// P = exp(S − lse) over scores, and dS = P ∘ (dP − delta) over dP, times the slope 1 − (S / cap)² where there is a cap; S is
    /// scale · score, or cap · tanh(scale · score / cap).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradients(float* scores, float* dP, int pitch, in Sight sight, in AttentionShape shape, float* lse, float* delta)
    {
        const float log2E = 1.44269504f;
        var capped = shape.SoftCap > 0;
        V factor = L.Set((capped ? shape.SoftCap : shape.Scale) * log2E), inner = L.Set(shape.Scale / shape.SoftCap);
        for (var i = 0; i < sight.Queries; i++)
        {
            var (first, end) = (sight.FirstKey(i), sight.EndKey(i));
            V shift = L.Set(-log2E * lse[i]), d = L.Set(delta[i]);
            float* s = scores + i * pitch, g = dP + i * pitch;
            for (var j = AttentionKernel<L, V>.Aligned(first); j < end; j += L.Width)
            {
                var score = L.Load(s + j);
                var rest = L.Sub(L.Load(g + j), d);
                if (capped)
                {
                    score = VectorMath<L, V>.Tanh(L.Mul(inner, score));
                    rest = L.Mul(rest, L.Sub(L.Set(1), L.Mul(score, score)));
                }
                var p = VectorMath<L, V>.Exp2(L.Fma(factor, score, shift));
                L.Store(s + j, p);
                L.Store(g + j, L.Mul(p, rest));
            }
            Clear(s, g, Math.Max(0, first - Margin), first);
            Clear(s, g, end, end + Margin);
        }
    }

    /// <summary>sums [keys][padded D] += scoresᵀ [keys, queries] · rows [queries, D].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddToKeys<P>(float* scores, int pitch, in Sight sight, float* rows, nint rowPitch, int padded, float* sums, float* scratch)
        where P : struct, IAttentionProducts
    {
        for (var key = 0; key < sight.Keys; key += P.Rows)
        {
            var (first, end) = (sight.FirstQuery(key), sight.EndQuery(Math.Min(key + P.Rows, sight.Keys) - 1));
            if (first < end)
                P.AddDownColumns(scores + key, pitch, first, end, rows, rowPitch, sums + key * padded, padded, padded, scratch);
        }
    }

    /// <summary>to [queries, D] = factor · scores [queries, keys] · rows [keys, D] + β · to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PutQueries<P>(
        float* scores, int pitch, in Sight sight, float* rows, nint rowPitch, int headSize, float factor, float* to, nint toPitch, float beta, float* scratch)
        where P : struct, IAttentionProducts
    {
        var padded = AttentionKernel<L, V>.Padded(headSize);
        var sums = scratch;
        scratch += P.Rows * padded;
        for (var query = 0; query < sight.Queries; query += P.Rows)
        {
            var count = Math.Min(P.Rows, sight.Queries - query);
            var (first, end) = (sight.FirstKey(query), sight.EndKey(query + count - 1));
            float* from = scores + query * pitch, target = to + query * toPitch;
            Prefetch.Rows(target, toPitch, count, headSize);
            if (count == P.Rows && padded == headSize)
            {
                P.PartOfRows(from, pitch, first, end, rows, rowPitch, target, toPitch, padded, factor, beta, scratch);
                continue;
            }
            P.PartOfRows(from, pitch, first, end, rows, rowPitch, sums, padded, padded, factor, 0, scratch);
            for (var i = 0; i < count; i++)
                AttentionKernel<L, V>.Put(sums + i * padded, 1, target + i * toPitch, beta, headSize);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Clear(float* p, float* g, int from, int to)
    {
        for (var j = from; j < to; j++)
            (p[j], g[j]) = (0, 0);
    }
}
