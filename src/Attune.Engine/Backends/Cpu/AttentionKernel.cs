using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Blocks of attention. Scores are held transposed, [keys, queries]: queries lie across the vectors, so that softmax needs no sum
/// within a vector, keys are read in place, and only the block of queries is ever packed.
/// </summary>
internal static unsafe class AttentionKernel<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Queries of a block: a multiple of a tile's columns and rows at every width.</summary>
    public const int Queries = 48;

    /// <summary>Keys of a block: a multiple of a tile's rows at every width.</summary>
    public const int Keys = 96;

    /// <summary>Elements of a block of scores, with room for a last incomplete tile.</summary>
    public const int ScoreElements = (Keys + 8) * Queries;

    /// <summary>D rounded up to whole vectors.</summary>
    public static int Padded(int headSize) => (headSize + L.Width - 1) / L.Width * L.Width;

    /// <summary>to [D][48] = factor · rowsᵀ; columns that are missing become zero.</summary>
    public static void Pack(float* rows, nint pitch, int count, int headSize, float factor, float* to)
    {
        if (count < Queries)
            new Span<float>(to, headSize * Queries).Clear();
        Transpose.Copy(rows, pitch, count, headSize, to, Queries);
        if (factor == 1)
            return;
        var f = L.Set(factor);
        for (var i = 0; i < headSize * Queries; i += L.Width)
            L.Store(to + i, L.Mul(f, L.Load(to + i)));
    }

    /// <summary>scores [count][48] = rows [count, D] · packed [D][48].</summary>
    /// <param name="rows">First row, read in place.</param>
    /// <param name="pitch">Elements from row to row.</param>
    /// <param name="count">Rows of this block.</param>
    /// <param name="readable">Rows that may be read; a tile that would read more is taken from a copy.</param>
    /// <param name="headSize">D.</param>
    /// <param name="packed">From <see cref="Pack"/>.</param>
    /// <param name="scores">Room for whole tiles.</param>
    /// <param name="copy">Room for the rows of one tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(float* rows, nint pitch, int count, int readable, int headSize, float* packed, float* scores, float* copy)
    {
        var height = MicroKernel<L, V>.Rows;
        for (var row = 0; row < count; row += height)
        {
            var from = rows + row * pitch;
            var step = pitch;
            if (row + height > readable)
            {
                new Span<float>(copy, height * headSize).Clear();
                for (var i = 0; i < readable - row; i++)
                    new ReadOnlySpan<float>(from + i * pitch, headSize).CopyTo(new Span<float>(copy + i * headSize, headSize));
                from = copy;
                step = headSize;
            }
            for (var col = 0; col < Queries; col += MicroKernel<L, V>.Cols)
                MicroKernel<L, V>.Wide<Strided>(from, step, 1, packed + col, Queries, headSize, scores + row * Queries + col, Queries, 1, 0);
        }
    }

    /// <summary>Scores become cap · tanh(score / cap); nothing where there is no cap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Cap(float* scores, int keys, float cap)
    {
        if (cap == 0)
            return;
        V limit = L.Set(cap), inverse = L.Set(1 / cap);
        for (var i = 0; i < keys * Queries; i += L.Width)
            L.Store(scores + i, L.Mul(limit, VectorMath<L, V>.Tanh(L.Mul(inverse, L.Load(scores + i)))));
    }

    /// <summary>
    /// Sets to −∞ the scores of keys that a query does not see: query i sees the first <paramref name="seen"/> + i keys of the block, the
    /// last <paramref name="window"/> of them where that is not 0.
    /// </summary>
    public static void Mask(float* scores, int keys, int seen, int window)
    {
        for (var j = Math.Max(0, seen); j < keys; j++)
            new Span<float>(scores + j * Queries, Math.Min(Queries, j - seen + 1)).Fill(float.NegativeInfinity);
        for (var j = 0; window > 0 && j < keys && j - seen + window < Queries - 1; j++)
        {
            var first = Math.Max(0, j - seen + window + 1);
            new Span<float>(scores + j * Queries + first, Queries - first).Fill(float.NegativeInfinity);
        }
    }

    /// <summary>One block of the running softmax: scores become exp(score − max); max and sum go on; factor is exp(old max − new max).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(float* scores, int keys, float* max, float* sum, float* factor)
    {
        for (var i = 0; i < Queries; i += L.Width)
        {
            V old = L.Load(max + i), m0 = old, m1 = old;
            var j = 0;
            for (; j + 2 <= keys; j += 2)
            {
                m0 = L.Max(m0, L.Load(scores + j * Queries + i));
                m1 = L.Max(m1, L.Load(scores + (j + 1) * Queries + i));
            }
            if (j < keys)
                m0 = L.Max(m0, L.Load(scores + j * Queries + i));
            m0 = L.Max(m0, m1);
            // A query that has seen no key yet: the difference of its −∞ is to be −∞ and not NaN.
            var largest = m0;
            m0 = L.IfLess(m0, L.Set(float.MinValue), L.Set(0), m0);
            var change = VectorMath<L, V>.Exp(L.Sub(old, m0));
            var total = L.Mul(L.Load(sum + i), change);
            for (j = 0; j < keys; j++)
            {
                var p = VectorMath<L, V>.Exp(L.Sub(L.Load(scores + j * Queries + i), m0));
                L.Store(scores + j * Queries + i, p);
                total = L.Add(total, p);
            }
            L.Store(max + i, largest);
            L.Store(sum + i, total);
            L.Store(factor + i, change);
        }
    }

    /// <summary>P = exp(S − lse) over scores, and dS = P ∘ (dP − delta) over dP, times the slope 1 − (S / cap)² of a cap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreGradients(float* scores, float* dP, int keys, float* lse, float* delta, float cap)
    {
        var inverse = L.Set(1 / cap);
        for (var i = 0; i < Queries; i += L.Width)
        {
            V logSum = L.Load(lse + i), d = L.Load(delta + i);
            for (var j = 0; j < keys; j++)
            {
                var at = j * Queries + i;
                var s = L.Load(scores + at);
                var p = VectorMath<L, V>.Exp(L.Sub(s, logSum));
                L.Store(scores + at, p);
                var g = L.Mul(p, L.Sub(L.Load(dP + at), d));
                if (cap != 0)
                {
                    var t = L.Mul(s, inverse);
                    // What is masked is −∞, with a slope of 0 as with a P of 0.
                    g = L.Mul(g, L.Max(L.Set(0), L.Sub(L.Set(1), L.Mul(t, t))));
                }
                L.Store(dP + at, g);
            }
        }
    }

    /// <summary>sums [48][padded D] = β · sums + scoresᵀ [48, keys] · rows [keys, D].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddToQueries(float* scores, int keys, float* rows, nint pitch, int padded, float* sums, float beta)
    {
        for (var query = 0; query < Queries; query += MicroKernel<L, V>.Rows)
        {
            var d = 0;
            for (; d + MicroKernel<L, V>.Cols <= padded; d += MicroKernel<L, V>.Cols)
                MicroKernel<L, V>.Wide<Consecutive>(scores + query, 1, Queries, rows + d, pitch, keys, sums + query * padded + d, padded, 1, beta);
            for (; d < padded; d += L.Width)
                MicroKernel<L, V>.Narrow<Consecutive>(scores + query, 1, Queries, rows + d, pitch, keys, sums + query * padded + d, padded, 1, beta);
        }
    }

    /// <summary>sums [keys][padded D] = β · sums + scores [keys, queries] · rows [queries, D].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddToKeys(float* scores, int keys, int queries, float* rows, nint pitch, int padded, float* sums, float beta)
    {
        for (var key = 0; key < keys; key += MicroKernel<L, V>.Rows)
        {
            var d = 0;
            for (; d + MicroKernel<L, V>.Cols <= padded; d += MicroKernel<L, V>.Cols)
                MicroKernel<L, V>.Wide<Strided>(scores + key * Queries, Queries, 1, rows + d, pitch, queries, sums + key * padded + d, padded, 1, beta);
            for (; d < padded; d += L.Width)
                MicroKernel<L, V>.Narrow<Strided>(scores + key * Queries, Queries, 1, rows + d, pitch, queries, sums + key * padded + d, padded, 1, beta);
        }
    }

    /// <summary>Rows whose D is whole vectors: in place where it is, otherwise a copy filled up with zeros.</summary>
    public static float* WholeVectors(float* rows, ref nint pitch, int count, int headSize, float* copy)
    {
        var padded = Padded(headSize);
        if (padded == headSize)
            return rows;
        for (var i = 0; i < count; i++)
        {
            new ReadOnlySpan<float>(rows + i * pitch, headSize).CopyTo(new Span<float>(copy + i * padded, headSize));
            new Span<float>(copy + i * padded + headSize, padded - headSize).Clear();
        }
        pitch = padded;
        return copy;
    }

    /// <summary>x *= factor over whole vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(float* x, float factor, int padded)
    {
        for (var i = 0; i < padded; i += L.Width)
            L.Store(x + i, L.Mul(L.Set(factor), L.Load(x + i)));
    }

    /// <summary>to = factor · x + β · to over D elements.</summary>
    public static void Put(float* x, float factor, float* to, float beta, int headSize)
    {
        for (var i = 0; i < headSize; i += L.Width)
        {
            var n = headSize - i;
            var value = L.Mul(L.Set(factor), L.Load(x + i));
            Elements<L, V>.Store(to + i, beta == 0 ? value : L.Fma(L.Set(beta), Elements<L, V>.Load(to + i, n), value), n);
        }
    }

    /// <summary>Σ a · b over D elements.</summary>
    public static float Dot(float* a, float* b, int headSize)
    {
        var sum = L.Set(0);
        for (var i = 0; i < headSize; i += L.Width)
            sum = L.Fma(Elements<L, V>.Load(a + i, headSize - i), Elements<L, V>.Load(b + i, headSize - i), sum);
        return L.Sum(sum);
    }
}
