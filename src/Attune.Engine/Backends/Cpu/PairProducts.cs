using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.MachineCode;

namespace Attune.Engine.Backends.Cpu;

/// <summary>Products of BF16 pairs, summed in F32: both operands are rounded while they are packed.</summary>
internal readonly unsafe struct PairProducts : IAttentionProducts
{
    private const int Lane = 16;
    private const int PairBytes = 4;

    public static int Rows => TileEmitter.Rows;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTransposed(float* rows, nint rowPitch, int count, int length, float* to, int pitch)
    {
        for (var j = 0; j < count; j += Lane)
            PairPacking.Along16<FloatPairs>(
                (byte*)(rows + j * rowPitch), rowPitch * sizeof(float), Math.Min(Lane, count - j), length, (uint*)to + j, pitch);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float* PackRows(float* rows, ref nint pitch, int count, int cols, float* to)
    {
        nint padded = (cols + Lane - 1) / Lane * Lane;
        for (var i = 0; i < count; i += 2)
        {
            var row = rows + i * pitch;
            PairPacking.Across<FloatPairs>((byte*)row, i + 1 < count ? (byte*)(row + pitch) : null, cols, (uint*)to + i / 2 * padded);
        }
        pitch = padded;
        return to;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AlongRows(
        float* a, nint aPitch, int readable, int length, float* b, int bCol, nint bPitch, float* c, nint cPitch, int cols, float* scratch)
    {
        PairPacking.Along8<FloatPairs>((byte*)a, aPitch * sizeof(float), Math.Min(readable, Rows), length, (uint*)scratch);
        Multiply(scratch, b + bCol, bPitch, length, c, cPitch, cols, 1, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PartOfRows(
        float* a, nint aPitch, int first, int end, float* b, nint bPitch, float* c, nint cPitch, int cols, float alpha, float beta, float* scratch)
    {
        // Pairs begin at even steps: the one before the first is 0 on the left.
        first &= ~1;
        PairPacking.Along8<FloatPairs>((byte*)(a + first), aPitch * sizeof(float), Rows, end - first, (uint*)scratch);
        Multiply(scratch, b + first / 2 * bPitch, bPitch, end - first, c, cPitch, cols, alpha, beta);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddDownColumns(
        float* a, nint aPitch, int first, int end, float* b, nint bPitch, float* c, nint cPitch, int cols, float* scratch)
    {
        first &= ~1;
        PairPacking.Across8(a + first * aPitch, aPitch, Rows, end - first, (uint*)scratch);
        Multiply(scratch, b + first / 2 * bPitch, bPitch, end - first, c, cPitch, cols, 1, 1);
    }

    private static void Multiply(float* a, float* b, nint bPitch, int length, float* c, nint cPitch, int cols, float alpha, float beta)
    {
        var tile = new PairTile
        {
            A = a,
            B = b,
            Pairs = (length + 1) / 2,
            StepB = bPitch * PairBytes,
            C = c,
            RowC = cPitch * sizeof(float),
            Alpha = alpha,
            Beta = beta,
        };
        for (var vectors = cols / Lane; vectors > 0;)
        {
            // Four as two and two, as for floats.
            var count = vectors is 2 or 4 ? 2 : Math.Min(vectors, 3);
            PairKernels.Tile(count)(&tile);
            tile.B = (float*)tile.B + count * Lane;
            tile.C += count * Lane;
            vectors -= count;
        }
    }
}
