using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Panels of floats for <see cref="MicroKernel{L, V}"/>: A as [length][rows], B as [length][columns].</summary>
internal readonly unsafe struct FloatPanels<L, V> : IPanels where L : struct, ILane<V> where V : unmanaged
{
    private const int DecodedRows = IPanels.ScratchFloats / KBlocks.Longest;
    private const int CacheLine = 16;
    private const int WorthAnnouncing = 64;

    public static int Rows => MicroKernel<L, V>.Rows;

    public static int Cols => MicroKernel<L, V>.Cols;

    public static int Slice => L.Width;

    public static int Bytes(int length) => length * sizeof(float);

    // Element by element a row is read as fast as a panel, and the panel need not be written first.
    public static bool ReadsInPlace(bool transposeA) => !transposeA;

    // Packing writes each element once and reads it again; where few panels of A use it, that is longer than the product.
    public static bool ReadsInPlace(Operand b, int m) => b.IsFloat && !b.Transposed && m <= 4 * Rows;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackLeft(Operand a, int row, int rows, int k, int length, byte* to, float* scratch)
    {
        var panel = (float*)to;
        if (!a.Transposed)
        {
            Transpose.Copy(a.Floats(row) + k, (nint)a.Pitch, rows, length, panel, Rows);
            return;
        }
        for (var p = 0; p < length; p++)
            CopyRow(a.Floats(k + p) + row, rows, panel + (nint)p * Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackRight(Operand b, int k, int length, int col, int count, byte* to, float* scratch)
    {
        var panels = (float*)to;
        if (b.Transposed)
        {
            for (var j = 0; j < count; j += Cols)
                PackTransposed(b, k, length, col + j, Math.Min(Cols, count - j), panels + (nint)j * length, scratch);
            return;
        }
        for (var p = 0; p < length; p++)
        {
            b.Announce(k + p + IPanels.Ahead, col, count);
            var from = b.Part(k + p, col, count, scratch);
            for (var j = 0; j < count; j += Cols)
                CopyRow(from + j, Math.Min(Cols, count - j), panels + (nint)j * length + (nint)p * Cols);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tile(LeftPanel a, RightPanel b, int slices, int length, float* c, nint pitch, float alpha, float beta)
    {
        if (length >= WorthAnnouncing)
            Announce(c, pitch, slices * Slice);
        nint step = b.Step == 0 ? Cols : b.Step;
        if (a.Pitch == 0)
            MicroKernel<L, V>.Tile<Consecutive>(slices, (float*)a.Address, 1, Rows, (float*)b.Address, step, length, c, pitch, alpha, beta);
        else
            MicroKernel<L, V>.Tile<Strided>(slices, (float*)a.Address, a.Pitch, 1, (float*)b.Address, step, length, c, pitch, alpha, beta);
    }

    // A tile is written at its end, all at once: by then its lines shall be in the cache.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Announce(float* c, nint pitch, int cols)
    {
        if (!Sse.IsSupported)
            return;
        for (var i = 0; i < Rows; i++)
            for (var j = 0; j < cols; j += CacheLine)
                Sse.Prefetch0(c + i * pitch + j);
    }

    private static void PackTransposed(Operand b, int k, int length, int col, int count, float* to, float* scratch)
    {
        if (b.IsFloat)
        {
            Transpose.Copy(b.Floats(col) + k, (nint)b.Pitch, count, length, to, Cols);
            return;
        }
        for (var j = 0; j < count; j += DecodedRows)
        {
            var rows = Math.Min(DecodedRows, count - j);
            for (var i = 0; i < rows; i++)
                b.Part(col + j + i, k, length, scratch + i * KBlocks.Longest);
            Transpose.Copy(scratch, KBlocks.Longest, rows, length, to + j, Cols);
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
