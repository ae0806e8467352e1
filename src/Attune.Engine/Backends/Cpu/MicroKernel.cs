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
/// <remarks>Reads k steps of <c>Rows</c> elements of A and of whole vectors of B; touches <c>Rows</c> × whole vectors of C.</remarks>
internal static unsafe class MicroKernel<L, V> where L : struct, ILane<V> where V : unmanaged
{
    /// <summary>Rows of a tile.</summary>
    public static int Rows => L.Width == 16 ? 8 : 6;

    /// <summary>Vectors across a wide tile.</summary>
    public static int Vectors => L.Width == 16 ? 3 : 2;

    /// <summary>Columns of a wide tile.</summary>
    public static int Cols => Vectors * L.Width;

    /// <summary>A tile of <see cref="Rows"/> × <see cref="Cols"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Wide<TRows>(float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, float alpha, float beta)
        where TRows : struct
    {
        if (L.Width == 16) Tile8X3<TRows>(a, aRow, aStep, b, bStep, k, c, cRow, alpha, beta);
        else Tile6X2<TRows>(a, aRow, aStep, b, bStep, k, c, cRow, alpha, beta);
    }

    /// <summary>A tile of <see cref="Rows"/> × two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pair<TRows>(float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, float alpha, float beta)
        where TRows : struct
    {
        if (L.Width == 16) Tile8X2<TRows>(a, aRow, aStep, b, bStep, k, c, cRow, alpha, beta);
        else Tile6X2<TRows>(a, aRow, aStep, b, bStep, k, c, cRow, alpha, beta);
    }

    /// <summary>A tile of <see cref="Rows"/> × one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Narrow<TRows>(float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, float alpha, float beta)
        where TRows : struct
    {
        if (L.Width == 16) Tile8X1<TRows>(a, aRow, aStep, b, bStep, k, c, cRow, alpha, beta);
        else Tile6X1<TRows>(a, aRow, aStep, b, bStep, k, c, cRow, alpha, beta);
    }

    /// <summary>α · sum + β · c for one vector, as at the end of a tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Blend(V sum, V c, float alpha, float beta) => L.Fma(L.Set(beta), c, L.Mul(L.Set(alpha), sum));

    /// <summary>8 rows × 3 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8X3<TRows>(float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, float alpha, float beta)
        where TRows : struct
    {
        float* a3 = a + 3 * aRow, a6 = a + 6 * aRow;
        V c00 = L.Set(0), c01 = L.Set(0), c02 = L.Set(0);
        V c10 = L.Set(0), c11 = L.Set(0), c12 = L.Set(0);
        V c20 = L.Set(0), c21 = L.Set(0), c22 = L.Set(0);
        V c30 = L.Set(0), c31 = L.Set(0), c32 = L.Set(0);
        V c40 = L.Set(0), c41 = L.Set(0), c42 = L.Set(0);
        V c50 = L.Set(0), c51 = L.Set(0), c52 = L.Set(0);
        V c60 = L.Set(0), c61 = L.Set(0), c62 = L.Set(0);
        V c70 = L.Set(0), c71 = L.Set(0), c72 = L.Set(0);
        for (var p = 0; p < k; p++)
        {
            V b0 = L.Load(b), b1 = L.Load(b + L.Width), b2 = L.Load(b + 2 * L.Width);
            var x = L.Set(At<TRows>(a, a3, a6, aRow, 0));
            c00 = L.Fma(x, b0, c00); c01 = L.Fma(x, b1, c01); c02 = L.Fma(x, b2, c02);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 1));
            c10 = L.Fma(x, b0, c10); c11 = L.Fma(x, b1, c11); c12 = L.Fma(x, b2, c12);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 2));
            c20 = L.Fma(x, b0, c20); c21 = L.Fma(x, b1, c21); c22 = L.Fma(x, b2, c22);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 3));
            c30 = L.Fma(x, b0, c30); c31 = L.Fma(x, b1, c31); c32 = L.Fma(x, b2, c32);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 4));
            c40 = L.Fma(x, b0, c40); c41 = L.Fma(x, b1, c41); c42 = L.Fma(x, b2, c42);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 5));
            c50 = L.Fma(x, b0, c50); c51 = L.Fma(x, b1, c51); c52 = L.Fma(x, b2, c52);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 6));
            c60 = L.Fma(x, b0, c60); c61 = L.Fma(x, b1, c61); c62 = L.Fma(x, b2, c62);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 7));
            c70 = L.Fma(x, b0, c70); c71 = L.Fma(x, b1, c71); c72 = L.Fma(x, b2, c72);
            a += aStep;
            a3 += aStep;
            a6 += aStep;
            b += bStep;
        }
        Put(c, c00, c01, c02, alpha, beta);
        Put(c + cRow, c10, c11, c12, alpha, beta);
        Put(c + 2 * cRow, c20, c21, c22, alpha, beta);
        Put(c + 3 * cRow, c30, c31, c32, alpha, beta);
        Put(c + 4 * cRow, c40, c41, c42, alpha, beta);
        Put(c + 5 * cRow, c50, c51, c52, alpha, beta);
        Put(c + 6 * cRow, c60, c61, c62, alpha, beta);
        Put(c + 7 * cRow, c70, c71, c72, alpha, beta);
    }

    /// <summary>8 rows × 2 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8X2<TRows>(float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, float alpha, float beta)
        where TRows : struct
    {
        float* a3 = a + 3 * aRow, a6 = a + 6 * aRow;
        V c00 = L.Set(0), c01 = L.Set(0);
        V c10 = L.Set(0), c11 = L.Set(0);
        V c20 = L.Set(0), c21 = L.Set(0);
        V c30 = L.Set(0), c31 = L.Set(0);
        V c40 = L.Set(0), c41 = L.Set(0);
        V c50 = L.Set(0), c51 = L.Set(0);
        V c60 = L.Set(0), c61 = L.Set(0);
        V c70 = L.Set(0), c71 = L.Set(0);
        for (var p = 0; p < k; p++)
        {
            V b0 = L.Load(b), b1 = L.Load(b + L.Width);
            var x = L.Set(At<TRows>(a, a3, a6, aRow, 0));
            c00 = L.Fma(x, b0, c00); c01 = L.Fma(x, b1, c01);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 1));
            c10 = L.Fma(x, b0, c10); c11 = L.Fma(x, b1, c11);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 2));
            c20 = L.Fma(x, b0, c20); c21 = L.Fma(x, b1, c21);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 3));
            c30 = L.Fma(x, b0, c30); c31 = L.Fma(x, b1, c31);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 4));
            c40 = L.Fma(x, b0, c40); c41 = L.Fma(x, b1, c41);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 5));
            c50 = L.Fma(x, b0, c50); c51 = L.Fma(x, b1, c51);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 6));
            c60 = L.Fma(x, b0, c60); c61 = L.Fma(x, b1, c61);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 7));
            c70 = L.Fma(x, b0, c70); c71 = L.Fma(x, b1, c71);
            a += aStep;
            a3 += aStep;
            a6 += aStep;
            b += bStep;
        }
        Put(c, c00, c01, alpha, beta);
        Put(c + cRow, c10, c11, alpha, beta);
        Put(c + 2 * cRow, c20, c21, alpha, beta);
        Put(c + 3 * cRow, c30, c31, alpha, beta);
        Put(c + 4 * cRow, c40, c41, alpha, beta);
        Put(c + 5 * cRow, c50, c51, alpha, beta);
        Put(c + 6 * cRow, c60, c61, alpha, beta);
        Put(c + 7 * cRow, c70, c71, alpha, beta);
    }

    /// <summary>8 rows × 1 vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8X1<TRows>(float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, float alpha, float beta)
        where TRows : struct
    {
        float* a3 = a + 3 * aRow, a6 = a + 6 * aRow;
        V c00 = L.Set(0);
        V c10 = L.Set(0);
        V c20 = L.Set(0);
        V c30 = L.Set(0);
        V c40 = L.Set(0);
        V c50 = L.Set(0);
        V c60 = L.Set(0);
        V c70 = L.Set(0);
        for (var p = 0; p < k; p++)
        {
            V b0 = L.Load(b);
            var x = L.Set(At<TRows>(a, a3, a6, aRow, 0));
            c00 = L.Fma(x, b0, c00);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 1));
            c10 = L.Fma(x, b0, c10);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 2));
            c20 = L.Fma(x, b0, c20);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 3));
            c30 = L.Fma(x, b0, c30);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 4));
            c40 = L.Fma(x, b0, c40);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 5));
            c50 = L.Fma(x, b0, c50);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 6));
            c60 = L.Fma(x, b0, c60);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 7));
            c70 = L.Fma(x, b0, c70);
            a += aStep;
            a3 += aStep;
            a6 += aStep;
            b += bStep;
        }
        Put(c, c00, alpha, beta);
        Put(c + cRow, c10, alpha, beta);
        Put(c + 2 * cRow, c20, alpha, beta);
        Put(c + 3 * cRow, c30, alpha, beta);
        Put(c + 4 * cRow, c40, alpha, beta);
        Put(c + 5 * cRow, c50, alpha, beta);
        Put(c + 6 * cRow, c60, alpha, beta);
        Put(c + 7 * cRow, c70, alpha, beta);
    }

    /// <summary>6 rows × 2 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile6X2<TRows>(float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, float alpha, float beta)
        where TRows : struct
    {
        float* a3 = a + 3 * aRow, a6 = a + 6 * aRow;
        V c00 = L.Set(0), c01 = L.Set(0);
        V c10 = L.Set(0), c11 = L.Set(0);
        V c20 = L.Set(0), c21 = L.Set(0);
        V c30 = L.Set(0), c31 = L.Set(0);
        V c40 = L.Set(0), c41 = L.Set(0);
        V c50 = L.Set(0), c51 = L.Set(0);
        for (var p = 0; p < k; p++)
        {
            V b0 = L.Load(b), b1 = L.Load(b + L.Width);
            var x = L.Set(At<TRows>(a, a3, a6, aRow, 0));
            c00 = L.Fma(x, b0, c00); c01 = L.Fma(x, b1, c01);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 1));
            c10 = L.Fma(x, b0, c10); c11 = L.Fma(x, b1, c11);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 2));
            c20 = L.Fma(x, b0, c20); c21 = L.Fma(x, b1, c21);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 3));
            c30 = L.Fma(x, b0, c30); c31 = L.Fma(x, b1, c31);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 4));
            c40 = L.Fma(x, b0, c40); c41 = L.Fma(x, b1, c41);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 5));
            c50 = L.Fma(x, b0, c50); c51 = L.Fma(x, b1, c51);
            a += aStep;
            a3 += aStep;
            a6 += aStep;
            b += bStep;
        }
        Put(c, c00, c01, alpha, beta);
        Put(c + cRow, c10, c11, alpha, beta);
        Put(c + 2 * cRow, c20, c21, alpha, beta);
        Put(c + 3 * cRow, c30, c31, alpha, beta);
        Put(c + 4 * cRow, c40, c41, alpha, beta);
        Put(c + 5 * cRow, c50, c51, alpha, beta);
    }

    /// <summary>6 rows × 1 vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile6X1<TRows>(float* a, nint aRow, nint aStep, float* b, nint bStep, int k, float* c, nint cRow, float alpha, float beta)
        where TRows : struct
    {
        float* a3 = a + 3 * aRow, a6 = a + 6 * aRow;
        V c00 = L.Set(0);
        V c10 = L.Set(0);
        V c20 = L.Set(0);
        V c30 = L.Set(0);
        V c40 = L.Set(0);
        V c50 = L.Set(0);
        for (var p = 0; p < k; p++)
        {
            V b0 = L.Load(b);
            var x = L.Set(At<TRows>(a, a3, a6, aRow, 0));
            c00 = L.Fma(x, b0, c00);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 1));
            c10 = L.Fma(x, b0, c10);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 2));
            c20 = L.Fma(x, b0, c20);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 3));
            c30 = L.Fma(x, b0, c30);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 4));
            c40 = L.Fma(x, b0, c40);
            x = L.Set(At<TRows>(a, a3, a6, aRow, 5));
            c50 = L.Fma(x, b0, c50);
            a += aStep;
            a3 += aStep;
            a6 += aStep;
            b += bStep;
        }
        Put(c, c00, alpha, beta);
        Put(c + cRow, c10, alpha, beta);
        Put(c + 2 * cRow, c20, alpha, beta);
        Put(c + 3 * cRow, c30, alpha, beta);
        Put(c + 4 * cRow, c40, alpha, beta);
        Put(c + 5 * cRow, c50, alpha, beta);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, V x, float alpha, float beta) =>
        L.Store(c, beta == 0 ? L.Mul(L.Set(alpha), x) : Blend(x, L.Load(c), alpha, beta));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, V x, V y, float alpha, float beta)
    {
        Put(c, x, alpha, beta);
        Put(c + L.Width, y, alpha, beta);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, V x, V y, V z, float alpha, float beta)
    {
        Put(c, x, y, alpha, beta);
        Put(c + 2 * L.Width, z, alpha, beta);
    }
}
