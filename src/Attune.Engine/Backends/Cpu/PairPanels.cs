using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.MachineCode;

namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Panels of BF16 pairs for the emitted tiles: A as [pairs][rows][2], B as [pairs][columns][2], where the two of a pair are
/// neighbours in k. Floats are rounded to nearest even while they are packed; BF16 weights go through as they are; other formats are
/// widened, then rounded. An odd length is filled up with zeros.
/// </summary>
/// <remarks>
/// Attention that computes in BF16 can use the same three: <see cref="PairPacking"/> lays small blocks out,
/// <see cref="PairKernels.Tile"/> multiplies one panel of 8 rows by up to 48 columns of a panel of any width.
/// </remarks>
internal readonly unsafe struct PairPanels : IPanels
{
    private const int DecodedRows = IPanels.ScratchFloats / KBlocks.Longest;
    private const int PairBytes = 4;

    public static int Rows => TileEmitter.Rows;

    public static int Cols => 48;

    public static int Slice => 16;

    public static int Bytes(int length) => (length + 1) / 2 * PairBytes;

    // Rows are rounded: once, while they are packed.
    public static bool ReadsInPlace(bool transposeA) => false;

    public static bool ReadsInPlace(Operand b, int m) => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackLeft(Operand a, int row, int rows, int k, int length, byte* to, float* scratch)
    {
        if (a.Transposed)
            PairPacking.Across8(a.Floats(k) + row, (nint)a.Pitch, rows, length, (uint*)to);
        else
            PairPacking.Along8<FloatPairs>(a.Row(row) + (nint)k * sizeof(float), (nint)a.PitchBytes, rows, length, (uint*)to);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackRight(Operand b, int k, int length, int col, int count, byte* to, float* scratch)
    {
        if (!b.Transposed)
        {
            PackStraight(b, k, length, col, count, to, scratch);
            return;
        }
        for (var j = 0; j < count; j += Cols)
            PackTransposed(b, k, length, col + j, Math.Min(Cols, count - j), (uint*)(to + (nint)j * Bytes(length)), scratch);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tile(LeftPanel a, RightPanel b, int slices, int length, float* c, nint pitch, float alpha, float beta)
    {
        var tile = new PairTile
        {
            A = a.Address,
            B = b.Address,
            Pairs = (length + 1) / 2,
            StepB = Cols * PairBytes,
            C = c,
            RowC = pitch * sizeof(float),
            Alpha = alpha,
            Beta = beta,
        };
        PairKernels.Tile(slices)(&tile);
    }

    // Rows of B along k: 16 of them make a vector of columns.
    private static void PackTransposed(Operand b, int k, int length, int col, int count, uint* to, float* scratch)
    {
        for (var j = 0; j < count; j += 16)
        {
            var rows = Math.Min(16, count - j);
            if (b.IsFloat)
                PairPacking.Along16<FloatPairs>(b.Row(col + j) + (nint)k * sizeof(float), (nint)b.PitchBytes, rows, length, to + j, Cols);
            else if (b.IsBF16)
                PairPacking.Along16<BF16Pairs>(b.Row(col + j) + (nint)k * sizeof(ushort), (nint)b.PitchBytes, rows, length, to + j, Cols);
            else
            {
                for (var i = 0; i < rows; i++)
                    b.Part(col + j + i, k, length, scratch + i * KBlocks.Longest);
                PairPacking.Along16<FloatPairs>((byte*)scratch, KBlocks.Longest * sizeof(float), rows, length, to + j, Cols);
            }
        }
    }

    // Rows of B across k: two of them make a row of pairs, in every panel.
    private static void PackStraight(Operand b, int k, int length, int col, int count, byte* to, float* scratch)
    {
        for (var p = 0; p < length; p += 2)
        {
            b.Announce(k + p + IPanels.Ahead, col, count);
            b.Announce(k + p + IPanels.Ahead + 1, col, count);
            var last = p + 1 == length;
            var target = to + (nint)p / 2 * Cols * PairBytes;
            if (b.IsBF16)
            {
                var from = b.Row(k + p) + (nint)col * sizeof(ushort);
                Spread<BF16Pairs>(from, last ? null : from + b.PitchBytes, count, target, length);
                continue;
            }
            var first = b.Part(k + p, col, count, scratch);
            var second = last ? null : b.Part(k + p + 1, col, count, scratch + IPanels.ScratchFloats / 2);
            Spread<FloatPairs>((byte*)first, (byte*)second, count, target, length);
        }
    }

    private static void Spread<TSource>(byte* first, byte* second, int count, byte* to, int length) where TSource : struct, IPairSource
    {
        for (var j = 0; j < count; j += Cols)
        {
            var start = (nint)j * TSource.Size;
            PairPacking.Across<TSource>(first + start, second == null ? null : second + start, Math.Min(Cols, count - j), (uint*)(to + (nint)j * Bytes(length)));
        }
    }
}
