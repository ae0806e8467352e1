using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>The rows of a tile's left operand lie side by side: element (i, p) at i + p · step (a packed panel).</summary>
internal readonly struct Consecutive;

/// <summary>The rows of a tile's left operand are rows of a matrix: element (i, p) at i · row + p · step.</summary>
internal readonly struct Strided;

/// <summary>
/// The inner kernel of every product: a tile of C held in registers while k steps pass, C = α · A · B + β · C. A tile takes as many
/// accumulators as the register file holds: 8 × 3 vectors of 32 registers at 512 bit, 6 × 2 of 16 below. An element's bits are the
/// same in whichever tile shape it is computed: one chain of fused multiply-adds in the order of k.
/// </summary>
/// <remarks>
/// Reads k steps of <c>Rows</c> elements of A and of whole vectors of B; touches <c>Rows</c> × whole vectors of C. One source makes every
/// shape: rows are structs of vectors, which the JIT keeps in registers as long as they are changed in place, by reference.
/// </remarks>
internal static unsafe class MicroKernel<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Rows of a tile.</summary>
    public static int Rows => L.Width == 16 ? 8 : 6;

    /// <summary>Vectors across a whole tile.</summary>
    public static int Vectors => L.Width == 16 ? 3 : 2;

    /// <summary>Columns of a whole tile.</summary>
    public static int Cols => Vectors * L.Width;

    /// <summary>A tile of <see cref="Rows"/> × one to <see cref="Vectors"/> vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tile<TRows>(
        int vectors, float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, float alpha, float beta)
        where TRows : struct
    {
        switch (vectors)
        {
            case 1: Tile<TRows, OneVector<L, V>>(a, aRow, aStep, b, bStep, k, c, cRow, alpha, beta); break;
            case 2: Tile<TRows, TwoVectors<L, V>>(a, aRow, aStep, b, bStep, k, c, cRow, alpha, beta); break;
            default: Tile<TRows, ThreeVectors<L, V>>(a, aRow, aStep, b, bStep, k, c, cRow, alpha, beta); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TRows, TRow>(float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, float alpha, float beta)
        where TRows : struct where TRow : struct, ITileRow<TRow, V>
    {
        float* a3 = a + 3 * aRow, a6 = a + 6 * aRow;
        TRow r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default, r6 = default, r7 = default;
        for (var p = 0; p < k; p++)
        {
            var x = TRow.Load(b);
            TRow.MultiplyAdd(L.Set(At<TRows>(a, a3, a6, aRow, 0)), ref x, ref r0);
            TRow.MultiplyAdd(L.Set(At<TRows>(a, a3, a6, aRow, 1)), ref x, ref r1);
            TRow.MultiplyAdd(L.Set(At<TRows>(a, a3, a6, aRow, 2)), ref x, ref r2);
            TRow.MultiplyAdd(L.Set(At<TRows>(a, a3, a6, aRow, 3)), ref x, ref r3);
            TRow.MultiplyAdd(L.Set(At<TRows>(a, a3, a6, aRow, 4)), ref x, ref r4);
            TRow.MultiplyAdd(L.Set(At<TRows>(a, a3, a6, aRow, 5)), ref x, ref r5);
            if (L.Width == 16)
            {
                TRow.MultiplyAdd(L.Set(At<TRows>(a, a3, a6, aRow, 6)), ref x, ref r6);
                TRow.MultiplyAdd(L.Set(At<TRows>(a, a3, a6, aRow, 7)), ref x, ref r7);
            }
            a += aStep;
            a3 += aStep;
            a6 += aStep;
            b += bStep;
        }
        V factor = L.Set(alpha), old = L.Set(beta);
        if (beta == 0)
        {
            TRow.Store(r0, factor, c);
            TRow.Store(r1, factor, c + cRow);
            TRow.Store(r2, factor, c + 2 * cRow);
            TRow.Store(r3, factor, c + 3 * cRow);
            TRow.Store(r4, factor, c + 4 * cRow);
            TRow.Store(r5, factor, c + 5 * cRow);
            if (L.Width == 16)
            {
                TRow.Store(r6, factor, c + 6 * cRow);
                TRow.Store(r7, factor, c + 7 * cRow);
            }
            return;
        }
        TRow.Blend(r0, factor, old, c);
        TRow.Blend(r1, factor, old, c + cRow);
        TRow.Blend(r2, factor, old, c + 2 * cRow);
        TRow.Blend(r3, factor, old, c + 3 * cRow);
        TRow.Blend(r4, factor, old, c + 4 * cRow);
        TRow.Blend(r5, factor, old, c + 5 * cRow);
        if (L.Width == 16)
        {
            TRow.Blend(r6, factor, old, c + 6 * cRow);
            TRow.Blend(r7, factor, old, c + 7 * cRow);
        }
    }

    // Three base addresses reach eight rows by the address modes that processors have, instead of eight.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float At<TRows>(float* a, float* a3, float* a6, nint aRow, int i) where TRows : struct
    {
        if (typeof(TRows) == typeof(Consecutive))
            return a[i];
        return i switch
        {
            0 => a[0],
            1 => a[aRow],
            2 => a[2 * aRow],
            3 => a3[0],
            4 => a3[aRow],
            5 => a3[2 * aRow],
            6 => a6[0],
            _ => a6[aRow],
        };
    }
}
