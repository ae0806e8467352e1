using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Products of floats; the left operand is always read in place.</summary>
internal readonly unsafe struct FloatProducts<L, V> : IAttentionProducts where L : struct, ILane<V> where V : unmanaged
{
    public static int Rows => MicroKernel<L, V>.Rows;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTransposed(float* rows, nint rowPitch, int count, int length, float* to, int pitch)
    {
        Transpose.Copy(rows, rowPitch, count, length, to, pitch);
        var width = AttentionKernel<L, V>.Padded(count) - count;
        for (var i = 0; width > 0 && i < length; i++)
            new Span<float>(to + i * pitch + count, width).Clear();
    }

    public static float* PackRows(float* rows, ref nint pitch, int count, int cols, float* to)
    {
        var padded = AttentionKernel<L, V>.Padded(cols);
        if (padded == cols)
            return rows;
        for (var i = 0; i < count; i++)
        {
            new ReadOnlySpan<float>(rows + i * pitch, cols).CopyTo(new Span<float>(to + i * padded, cols));
            new Span<float>(to + i * padded + cols, padded - cols).Clear();
        }
        pitch = padded;
        return to;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AlongRows(
        float* a, nint aPitch, int readable, int length, float* b, int bCol, nint bPitch, float* c, nint cPitch, int cols, float* scratch)
    {
        if (readable < Rows)
        {
            for (var i = 0; i < Rows; i++)
            {
                var to = new Span<float>(scratch + i * length, length);
                if (i < readable)
                    new ReadOnlySpan<float>(a + i * aPitch, length).CopyTo(to);
                else
                    to.Clear();
            }
            a = scratch;
            aPitch = length;
        }
        Multiply<Strided>(a, aPitch, 1, b + bCol, bPitch, length, c, cPitch, cols, 1, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PartOfRows(
        float* a, nint aPitch, int first, int end, float* b, nint bPitch, float* c, nint cPitch, int cols, float alpha, float beta, float* scratch) =>
        Multiply<Strided>(a + first, aPitch, 1, b + first * bPitch, bPitch, end - first, c, cPitch, cols, alpha, beta);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddDownColumns(
        float* a, nint aPitch, int first, int end, float* b, nint bPitch, float* c, nint cPitch, int cols, float* scratch) =>
        Multiply<Consecutive>(a + first * aPitch, 1, aPitch, b + first * bPitch, bPitch, end - first, c, cPitch, cols, 1, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<TRows>(float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, int cols, float alpha, float beta)
        where TRows : struct
    {
        while (cols > 0)
        {
            // Four vectors as two and two: a tile of one does not keep the multipliers busy.
            var vectors = cols / L.Width;
            vectors = vectors is 2 or 4 ? 2 : Math.Min(vectors, MicroKernel<L, V>.Vectors);
            MicroKernel<L, V>.Tile<TRows>(vectors, a, aRow, aStep, b, bStep, k, c, cRow, alpha, beta);
            var done = vectors * L.Width;
            b += done;
            c += done;
            cols -= done;
        }
    }
}
