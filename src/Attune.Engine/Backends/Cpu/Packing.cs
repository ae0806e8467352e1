using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Panels of a product: operands laid out in the order in which the micro-kernel reads them, and the walk over tiles.</summary>
internal static unsafe class Packing<L, V> where L : struct, ILane<V> where V : unmanaged
{
    private const int DecodedRows = 16;

    /// <summary>
    /// Packs rows row … row + rows − 1 of A, steps k … k + length − 1, as [length][panel rows]. Missing rows stay what they were: no
    /// tile writes what they give.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Left(Operand a, int row, int rows, int k, int length, float* to)
    {
        var height = MicroKernel<L, V>.Rows;
        if (!a.Transposed)
        {
            Transpose.Copy(a.Floats(row) + k, (nint)a.Pitch, rows, length, to, height);
            return;
        }
        for (var p = 0; p < length; p++)
            CopyRow(a.Floats(k + p) + row, rows, to + (nint)p * height);
    }

    /// <summary>
    /// Packs columns col … col + count − 1 of B, steps k … k + length − 1, as panels of [length][tile columns]. Missing columns stay what
    /// they were: no tile writes what they give.
    /// </summary>
    /// <param name="b">The operand, in any weight format.</param>
    /// <param name="k">First step.</param>
    /// <param name="length">Steps.</param>
    /// <param name="col">First column.</param>
    /// <param name="count">Columns.</param>
    /// <param name="to">Room for the panels.</param>
    /// <param name="scratch">Room for 16 · 512 floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Right(Operand b, int k, int length, int col, int count, float* to, float* scratch)
    {
        var width = MicroKernel<L, V>.Cols;
        if (b.Transposed)
        {
            for (var j = 0; j < count; j += width)
                RightTransposed(b, k, length, col + j, Math.Min(width, count - j), to + (nint)j * length, scratch);
            return;
        }
        for (var p = 0; p < length; p++)
        {
            var from = b.Part(k + p, col, count, scratch);
            for (var j = 0; j < count; j += width)
                CopyRow(from + j, Math.Min(width, count - j), to + (nint)j * length + (nint)p * width);
        }
    }

    /// <summary>One panel of A times the panels of B: rows × cols of C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, float* b, int length, int rows, int cols, Target c, float* scratch)
    {
        var width = MicroKernel<L, V>.Cols;
        nint height = MicroKernel<L, V>.Rows;
        var full = rows == height;
        for (var j = 0; j < cols; j += width)
        {
            var panel = b + (nint)j * length;
            if (full && cols - j >= width)
            {
                MicroKernel<L, V>.Wide<Consecutive>(a, 1, height, panel, width, length, c.Address + j, (nint)c.Pitch, c.Alpha, c.Beta);
                continue;
            }
            for (var i = 0; i < width && i < cols - j; i += L.Width)
            {
                var count = Math.Min(L.Width, cols - j - i);
                if (full && count == L.Width)
                    MicroKernel<L, V>.Narrow<Consecutive>(a, 1, height, panel + i, width, length, c.Address + j + i, (nint)c.Pitch, c.Alpha, c.Beta);
                else
                    Edge(a, panel + i, length, rows, count, c.Address + j + i, c, scratch);
            }
        }
    }

    private static void Edge(float* a, float* b, int length, int rows, int cols, float* to, Target c, float* scratch)
    {
        nint height = MicroKernel<L, V>.Rows;
        MicroKernel<L, V>.Narrow<Consecutive>(a, 1, height, b, MicroKernel<L, V>.Cols, length, scratch, L.Width, 1, 0);
        for (var i = 0; i < rows; i++)
        {
            var row = to + i * c.Pitch;
            var sum = L.Load(scratch + i * L.Width);
            var value = c.Beta == 0
                ? L.Mul(L.Set(c.Alpha), sum)
                : MicroKernel<L, V>.Blend(sum, Part<L, V>.Load(row, cols), c.Alpha, c.Beta);
            Part<L, V>.Store(row, value, cols);
        }
    }

    private static void RightTransposed(Operand b, int k, int length, int col, int count, float* to, float* scratch)
    {
        nint width = MicroKernel<L, V>.Cols;
        if (b.IsFloat)
        {
            Transpose.Copy(b.Floats(col) + k, (nint)b.Pitch, count, length, to, width);
            return;
        }
        for (var j = 0; j < count; j += DecodedRows)
        {
            var rows = Math.Min(DecodedRows, count - j);
            for (var i = 0; i < rows; i++)
                b.Part(col + j + i, k, length, scratch + i * KBlocks.Longest);
            Transpose.Copy(scratch, KBlocks.Longest, rows, length, to + j, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRow(float* from, int count, float* to)
    {
        var i = 0;
        for (; i + L.Width <= count; i += L.Width)
            L.Store(to + i, L.Load(from + i));
        // A panel of A is half a vector high at 512 bit.
        for (; i + 8 <= count; i += 8)
            Vector256.Load(from + i).Store(to + i);
        for (; i < count; i++)
            to[i] = from[i];
    }
}
