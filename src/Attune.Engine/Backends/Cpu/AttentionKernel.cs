using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Blocks of attention, forward. Scores are held transposed, [keys, queries]: queries lie across the vectors, so that softmax needs no
/// sum within a vector, keys are read in place, and only the block of queries is ever packed. What no query of a tile sees is neither
/// computed nor read.
/// </summary>
internal static unsafe class AttentionKernel<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Queries of a block: a multiple of a tile's columns and rows at every width.</summary>
    public const int Queries = 144;

    /// <summary>Keys of a block: a sum over them is long enough for a tile to be worth reading and writing, and their scores stay near.</summary>
    public const int Keys = 192;

    // Rows of the highest tile: as far as one may begin in one vector of queries and end in the next.
    private const int Margin = 8;

    /// <summary>Elements of a block of scores, with room for a last incomplete tile.</summary>
    public const int ScoreElements = (Keys + 8) * Queries;

    /// <summary>x rounded up to whole vectors.</summary>
    public static int Padded(int x) => (x + L.Width - 1) / L.Width * L.Width;

    /// <summary>x rounded down to whole vectors.</summary>
    public static int Aligned(int x) => x / L.Width * L.Width;

    /// <summary>scores [keys][<see cref="Queries"/>] = rows [keys, D] · packed [D][<see cref="Queries"/>], where a query sees a key.</summary>
    /// <param name="rows">First row, read in place.</param>
    /// <param name="pitch">Elements from row to row.</param>
    /// <param name="readable">Rows that may be read.</param>
    /// <param name="headSize">D.</param>
    /// <param name="packed">The queries, transposed.</param>
    /// <param name="sight">Which queries see which rows.</param>
    /// <param name="scores">Room for whole tiles.</param>
    /// <param name="scratch">Room for the rows of one tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores<P>(float* rows, nint pitch, int readable, int headSize, float* packed, in Sight sight, float* scores, float* scratch)
        where P : struct, IAttentionProducts
    {
        for (var row = 0; row < sight.Keys; row += P.Rows)
        {
            var first = Aligned(sight.FirstQuery(row));
            var cols = Padded(sight.EndQuery(Math.Min(row + P.Rows, sight.Keys) - 1)) - first;
            P.AlongRows(rows + row * pitch, pitch, readable - row, headSize, packed, first, Queries, scores + row * Queries + first, Queries, cols, scratch);
        }
    }

    /// <summary>Scores become cap · tanh(scale · score / cap).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Cap(float* scores, int count, float scale, float cap)
    {
        V limit = L.Set(cap), inner = L.Set(scale / cap);
        for (var i = 0; i < count; i += L.Width)
            L.Store(scores + i, L.Mul(limit, VectorMath<L, V>.Tanh(L.Mul(inner, L.Load(scores + i)))));
    }

    /// <summary>Sets to −∞ the scores of keys that a query does not see.</summary>
    public static void Mask(float* scores, in Sight sight)
    {
        for (var j = sight.EndKey(0); j < sight.Keys; j++)
            new Span<float>(scores + j * Queries, sight.FirstQuery(j)).Fill(float.NegativeInfinity);
        for (var j = 0; j < sight.FirstKey(Queries - 1); j++)
        {
            var end = sight.EndQuery(j);
            new Span<float>(scores + j * Queries + end, Queries - end).Fill(float.NegativeInfinity);
        }
    }

    /// <summary>
    /// One block of the running softmax: scores become exp(factor · (score − max)); max and sum go on; change is what sums so far are
    /// to be multiplied by.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(float* scores, in Sight sight, float factor, float* max, float* sum, float* change)
    {
        var f = L.Set(factor * 1.44269504f);
        for (var i = 0; i < sight.Queries; i += L.Width)
        {
            var (first, end) = (sight.FirstKey(i), sight.EndKey(i + L.Width - 1));
            V old = L.Load(max + i), m0 = old, m1 = old;
            var j = first;
            for (; j + 2 <= end; j += 2)
            {
                m0 = L.Max(m0, L.Load(scores + j * Queries + i));
                m1 = L.Max(m1, L.Load(scores + (j + 1) * Queries + i));
            }
            if (j < end)
                m0 = L.Max(m0, L.Load(scores + j * Queries + i));
            m0 = L.Max(m0, m1);
            L.Store(max + i, m0);
            // A query that has seen no key yet: what it does not see is to become 0, not the NaN of −∞ − −∞.
            m0 = L.IfLess(m0, L.Set(float.MinValue), L.Set(0), m0);
            var shift = L.Mul(L.Sub(L.Set(0), f), m0);
            var factors = VectorMath<L, V>.Exp2(L.Fma(f, old, shift));
            L.Store(change + i, factors);
            var total = L.Mul(L.Load(sum + i), factors);
            for (j = first; j < end; j++)
            {
                var p = VectorMath<L, V>.Exp2(L.Fma(f, L.Load(scores + j * Queries + i), shift));
                L.Store(scores + j * Queries + i, p);
                total = L.Add(total, p);
            }
            L.Store(sum + i, total);
            // A tile of queries may begin in one vector and end in the next, which sees other keys.
            for (j = Math.Max(0, first - Margin); j < first; j++)
                L.Store(scores + j * Queries + i, L.Set(0));
            for (j = end; j < Math.Min(end + Margin, sight.Keys); j++)
                L.Store(scores + j * Queries + i, L.Set(0));
        }
    }

    /// <summary>sums [queries][padded D] = change · sums + scoresᵀ [queries, keys] · values [keys, D].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddToQueries<P>(float* scores, in Sight sight, float* change, float* values, nint pitch, int padded, float* sums, float* scratch)
        where P : struct, IAttentionProducts
    {
        for (var query = 0; query < sight.Queries; query += P.Rows)
        {
            for (var i = query; i < query + P.Rows; i++)
                if (change[i] != 1)
                    Scale(sums + i * padded, change[i], padded);
            var (first, end) = (sight.FirstKey(query), sight.EndKey(query + P.Rows - 1));
            if (first < end)
                P.AddDownColumns(scores + query, Queries, first, end, values, pitch, sums + query * padded, padded, padded, scratch);
        }
    }

    /// <summary>to = factor · x + β · to over D elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int headSize)
    {
        var sum = L.Set(0);
        for (var i = 0; i < headSize; i += L.Width)
            sum = L.Fma(Elements<L, V>.Load(a + i, headSize - i), Elements<L, V>.Load(b + i, headSize - i), sum);
        return L.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale(float* x, float factor, int padded)
    {
        for (var i = 0; i < padded; i += L.Width)
            L.Store(x + i, L.Mul(L.Set(factor), L.Load(x + i)));
    }
}
