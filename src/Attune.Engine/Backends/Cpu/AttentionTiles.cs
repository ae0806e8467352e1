using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>What blocks of attention share: products of one row of tiles, and rows whose width is not whole vectors.</summary>
internal static unsafe class AttentionTiles<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>x rounded up to whole vectors.</summary>
    public static int Padded(int x) => (x + L.Width - 1) / L.Width * L.Width;

    /// <summary>x rounded down to whole vectors.</summary>
    public static int Aligned(int x) => x / L.Width * L.Width;

    /// <summary>C = A · B + β · C for one row of tiles: <see cref="MicroKernel{L, V}.Rows"/> × <paramref name="cols"/>, whole vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TRows>(float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, int cols, float beta)
        where TRows : struct
    {
        while (cols > 0)
        {
            // Four vectors as two and two: a tile of one does not keep the multipliers busy.
            var vectors = cols / L.Width;
            int done;
            if (vectors is 2 or 4)
            {
                MicroKernel<L, V>.Pair<TRows>(a, aRow, aStep, b, bStep, k, c, cRow, 1, beta);
                done = 2 * L.Width;
            }
            else if (vectors >= MicroKernel<L, V>.Vectors)
            {
                MicroKernel<L, V>.Wide<TRows>(a, aRow, aStep, b, bStep, k, c, cRow, 1, beta);
                done = MicroKernel<L, V>.Cols;
            }
            else
            {
                MicroKernel<L, V>.Narrow<TRows>(a, aRow, aStep, b, bStep, k, c, cRow, 1, beta);
                done = L.Width;
            }
            b += done;
            c += done;
            cols -= done;
        }
    }

    /// <summary>to [D][pitch] = rowsᵀ for <paramref name="count"/> rows; columns up to <paramref name="width"/> become zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float* rows, nint rowPitch, int count, int headSize, float* to, int pitch, int width)
    {
        Transpose.Copy(rows, rowPitch, count, headSize, to, pitch);
        for (var d = 0; count < width && d < headSize; d++)
            new Span<float>(to + d * pitch + count, width - count).Clear();
    }

    /// <summary>The rows of one tile: in place, or a copy filled up with zeros where fewer than a tile's may be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* TileRows(float* rows, ref nint pitch, int readable, int headSize, float* copy)
    {
        if (readable >= MicroKernel<L, V>.Rows)
            return rows;
        for (var i = 0; i < MicroKernel<L, V>.Rows; i++)
        {
            var to = new Span<float>(copy + i * headSize, headSize);
            if (i < readable)
                new ReadOnlySpan<float>(rows + i * pitch, headSize).CopyTo(to);
            else
                to.Clear();
        }
        pitch = headSize;
        return copy;
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
}
