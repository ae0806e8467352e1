using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Products of at most four rows: each element of B is read, and widened, once.</summary>
internal static unsafe class FewRowKernel<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Columns that <see cref="Columns"/> takes at a time.</summary>
    public const int Cols = 256;

    private const int Chunk = 4096;

    /// <summary>Columns start … start + count − 1 of A · Bᵀ, B [n, k] by rows.</summary>
    /// <param name="a">[m, k], contiguous, m at most 4.</param>
    /// <param name="m">Rows.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="b">[n, k].</param>
    /// <param name="start">First row of B.</param>
    /// <param name="count">Rows of B.</param>
    /// <param name="c">[m, n].</param>
    /// <param name="scratch">Room for 4096 floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dots(float* a, int m, int k, Operand b, int start, int count, Target c, float* scratch)
    {
        var sums = stackalloc V[4 * FewRowProducts<L, V>.MostRows];
        for (var j = start; j < start + count; j++)
        {
            for (var i = 0; i < 4 * m; i++)
                sums[i] = L.Set(0);
            for (var p = 0; p < k; p += Chunk)
            {
                var length = Math.Min(Chunk, k - p);
                var row = b.Part(j, p, length, scratch);
                for (var i = 0; i < m; i++)
                    Accumulate(a + (long)i * k + p, row, length, sums + 4 * i);
            }
            for (var i = 0; i < m; i++)
            {
                var s = sums + 4 * i;
                var sum = c.Alpha * L.Sum(L.Add(L.Add(s[0], s[1]), L.Add(s[2], s[3])));
                var to = c.Row(i) + j;
                *to = c.Beta == 0 ? sum : sum + c.Beta * *to;
            }
        }
    }

    /// <summary>Columns start … start + count − 1 of A · B, B [k, n] by rows; count at most <see cref="Cols"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns(float* a, int m, int k, Operand b, int start, int count, Target c, float* scratch)
    {
        var sums = scratch + Cols;
        new Span<float>(sums, m * Cols).Clear();
        for (var p = 0; p < k; p++)
        {
            var row = b.Part(p, start, count, scratch);
            for (var i = 0; i < m; i++)
                Elements<L, V>.MultiplyAdd(a[(long)i * k + p], row, sums + i * Cols, count);
        }
        for (var i = 0; i < m; i++)
        {
            var to = c.Row(i) + start;
            for (var j = 0; j < count; j++)
                to[j] = c.Beta == 0 ? c.Alpha * sums[i * Cols + j] : c.Alpha * sums[i * Cols + j] + c.Beta * to[j];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate(float* x, float* y, int count, V* sums)
    {
        V s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
        var i = 0;
        for (; i + 4 * L.Width <= count; i += 4 * L.Width)
        {
            s0 = L.Fma(L.Load(x + i), L.Load(y + i), s0);
            s1 = L.Fma(L.Load(x + i + L.Width), L.Load(y + i + L.Width), s1);
            s2 = L.Fma(L.Load(x + i + 2 * L.Width), L.Load(y + i + 2 * L.Width), s2);
            s3 = L.Fma(L.Load(x + i + 3 * L.Width), L.Load(y + i + 3 * L.Width), s3);
        }
        for (; i + L.Width <= count; i += L.Width)
            s0 = L.Fma(L.Load(x + i), L.Load(y + i), s0);
        if (i < count)
            s1 = L.Fma(Part<L, V>.Load(x + i, count - i), Part<L, V>.Load(y + i, count - i), s1);
        (sums[0], sums[1], sums[2], sums[3]) = (s0, s1, s2, s3);
    }
}
