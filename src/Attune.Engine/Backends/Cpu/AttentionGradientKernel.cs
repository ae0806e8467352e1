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
    /// <param name="readable">Rows that may be read; a tile that would read more is taken from a copy.</param>
    /// <param name="headSize">D.</param>
    /// <param name="packed">The keys, or the values, transposed.</param>
    /// <param name="sight">Which queries see which keys.</param>
    /// <param name="scores">Room for whole tiles.</param>
    /// <param name="pitch">Elements from row to row of packed and scores.</param>
    /// <param name="copy">Room for the rows of one tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(
        float* rows, nint rowPitch, int readable, int headSize, float* packed, in Sight sight, float* scores, int pitch, float* copy)
    {
        var height = MicroKernel<L, V>.Rows;
        for (var row = 0; row < sight.Queries; row += height)
        {
            var first = AttentionTiles<L, V>.Aligned(sight.FirstKey(row));
            var cols = AttentionTiles<L, V>.Padded(sight.EndKey(Math.Min(row + height, sight.Queries) - 1)) - first;
            Prefetch.Rows(rows + (row + height) * rowPitch, rowPitch, Math.Min(height, readable - row - height), headSize);
            var step = rowPitch;
            var from = AttentionTiles<L, V>.TileRows(rows + row * rowPitch, ref step, readable - row, headSize, copy);
            AttentionTiles<L, V>.Multiply<Strided>(from, step, 1, packed + first, pitch, headSize, scores + row * pitch + first, pitch, cols, 0);
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
            for (var j = AttentionTiles<L, V>.Aligned(first); j < end; j += L.Width)
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
    public static void AddToKeys(float* scores, int pitch, in Sight sight, float* rows, nint rowPitch, int padded, float* sums)
    {
        var height = MicroKernel<L, V>.Rows;
        for (var key = 0; key < sight.Keys; key += height)
        {
            var first = sight.FirstQuery(key);
            var queries = sight.EndQuery(Math.Min(key + height, sight.Keys) - 1) - first;
            if (queries > 0)
                AttentionTiles<L, V>.Multiply<Consecutive>(scores + first * pitch + key, 1, pitch, rows + first * rowPitch, rowPitch, queries, sums + key * padded, padded, padded, 1);
        }
    }

    /// <summary>to [queries, D] = factor · scores [queries, keys] · rows [keys, D] + β · to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PutQueries(
        float* scores, int pitch, in Sight sight, float* rows, nint rowPitch, int headSize, float factor, float* to, nint toPitch, float beta, float* copy)
    {
        var (height, padded) = (MicroKernel<L, V>.Rows, AttentionTiles<L, V>.Padded(headSize));
        for (var query = 0; query < sight.Queries; query += height)
        {
            var count = Math.Min(height, sight.Queries - query);
            var first = sight.FirstKey(query);
            var keys = sight.EndKey(query + count - 1) - first;
            Prefetch.Rows(to + query * toPitch, toPitch, count, headSize);
            AttentionTiles<L, V>.Multiply<Strided>(scores + query * pitch + first, pitch, 1, rows + first * rowPitch, rowPitch, keys, copy, padded, padded, 0);
            for (var i = 0; i < count; i++)
                AttentionTiles<L, V>.Put(copy + i * padded, factor, to + (query + i) * toPitch, beta, headSize);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Clear(float* p, float* g, int from, int to)
    {
        for (var j = from; j < to; j++)
            (p[j], g[j]) = (0, 0);
    }
}
