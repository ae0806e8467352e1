using System.Runtime.Intrinsics;

namespace Attune.Engine.Formats;

/// <summary>
/// 256 elements in 144 bytes: d and dmin (binary16), 12 bytes with eight pairs (sc, mn) of six-bit numbers (<see cref="SixBitPairs"/>),
/// then 128 bytes of four-bit numbers, in each 32 of which the low halves are one group of 32 elements and the high halves the next;
/// x = (d · sc) · q − (dmin · mn).
/// </summary>
internal readonly unsafe struct Q4_KFormat : IBlockFormat
{
    private const int Pairs = 4, Codes = 16;

    public static int Elements => 256;

    public static int Bytes => 144;

    public static float Read(byte* block, int index)
    {
        var group = index / 32;
        var (scale, minimum) = SixBitPairs.Read(block, block + Pairs, group);
        var pair = block[Codes + group / 2 * 32 + index % 32];
        return scale * (group % 2 == 0 ? pair & 15 : pair >> 4) - minimum;
    }

    public static void Decode(byte* block, int group, float* to)
    {
        var (scale, minimum) = SixBitPairs.Read(block, block + Pairs, group);
        var bytes = Vector256.Load(block + Codes + group / 2 * 32);
        var q = group % 2 == 0 ? bytes & Vector256.Create((byte)15) : Vector256.ShiftRightLogical(bytes, 4);
        BlockMath.Shifted(q, scale, minimum, to);
    }

    public static void Encode(float* from, byte* block)
    {
        var codes = stackalloc byte[256];
        SixBitPairs.Fit(from, 15, block, block + Pairs, codes);
        for (var i = 0; i < 128; i++)
            block[Codes + i] = (byte)(codes[i / 32 * 64 + i % 32] | (codes[i / 32 * 64 + 32 + i % 32] << 4));
    }
}

/// <summary>
/// 256 elements in 176 bytes: as <see cref="Q4_KFormat"/>, with 32 bytes of fifth bits between pairs and low halves: bit g of byte i is
/// that of element i of group g.
/// </summary>
internal readonly unsafe struct Q5_KFormat : IBlockFormat
{
    private const int Pairs = 4, Fifth = 16, Codes = 48;

    public static int Elements => 256;

    public static int Bytes => 176;

    public static float Read(byte* block, int index)
    {
        var group = index / 32;
        var (scale, minimum) = SixBitPairs.Read(block, block + Pairs, group);
        var pair = block[Codes + group / 2 * 32 + index % 32];
        var fifth = (block[Fifth + index % 32] >> group) & 1;
        return scale * ((group % 2 == 0 ? pair & 15 : pair >> 4) + 16 * fifth) - minimum;
    }

    public static void Decode(byte* block, int group, float* to)
    {
        var (scale, minimum) = SixBitPairs.Read(block, block + Pairs, group);
        var bytes = Vector256.Load(block + Codes + group / 2 * 32);
        var low = group % 2 == 0 ? bytes & Vector256.Create((byte)15) : Vector256.ShiftRightLogical(bytes, 4);
        var bit = Vector256.Create((byte)(1 << group));
        var fifth = Vector256.Equals(Vector256.Load(block + Fifth) & bit, bit) & Vector256.Create((byte)16);
        BlockMath.Shifted(low | fifth, scale, minimum, to);
    }

    public static void Encode(float* from, byte* block)
    {
        var codes = stackalloc byte[256];
        SixBitPairs.Fit(from, 31, block, block + Pairs, codes);
        new Span<byte>(block + Fifth, 32).Clear();
        for (var i = 0; i < 256; i++)
            block[Fifth + i % 32] |= (byte)(codes[i] >> 4 << (i / 32));
        for (var i = 0; i < 128; i++)
            block[Codes + i] = (byte)((codes[i / 32 * 64 + i % 32] & 15) | ((codes[i / 32 * 64 + 32 + i % 32] & 15) << 4));
    }
}
