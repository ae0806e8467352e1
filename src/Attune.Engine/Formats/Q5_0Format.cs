using System.Runtime.CompilerServices;

namespace Attune.Engine.Formats;

/// <summary>
/// 32 elements in 22 bytes: d (binary16), 4 bytes with the fifth bit of element i at bit i, then low four bits as in
/// <see cref="Q4_0Format"/>; x = d · (q − 16).
/// </summary>
internal readonly unsafe struct Q5_0Format : IBlockFormat
{
    public static int Elements => 32;

    public static int Bytes => 22;

    public static float Read(byte* block, int index) => BlockMath.Half(block) * (FiveBits.Read(block + 2, index) - 16);

    public static void Decode(byte* block, int group, float* to) =>
        BlockMath.Scaled(BlockMath.Nibbles(block + 6) | BlockMath.FifthBits(Unsafe.ReadUnaligned<uint>(block + 2)), 16, BlockMath.Half(block), to);

    public static void Encode(float* from, byte* block)
    {
        var scale = SignedBlock.Scale(from, -16);
        BlockMath.PutHalf(block, scale);
        var codes = stackalloc int[32];
        for (var i = 0; i < 32; i++)
            codes[i] = SignedBlock.Code(from[i], scale, 16);
        FiveBits.Write(codes, block + 2);
    }
}

/// <summary>
/// 32 elements in 24 bytes: d and m (binary16), then five-bit numbers as in <see cref="Q5_0Format"/>; x = d · q + m.
/// </summary>
internal readonly unsafe struct Q5_1Format : IBlockFormat
{
    public static int Elements => 32;

    public static int Bytes => 24;

    public static float Read(byte* block, int index) => BlockMath.Half(block) * FiveBits.Read(block + 4, index) + BlockMath.Half(block + 2);

    public static void Decode(byte* block, int group, float* to) => BlockMath.Shifted(
        BlockMath.Nibbles(block + 8) | BlockMath.FifthBits(Unsafe.ReadUnaligned<uint>(block + 4)), BlockMath.Half(block), -BlockMath.Half(block + 2), to);

    public static void Encode(float* from, byte* block)
    {
        var (low, high) = (float.MaxValue, float.MinValue);
        for (var i = 0; i < 32; i++)
            (low, high) = (Math.Min(low, from[i]), Math.Max(high, from[i]));
        var scale = (high - low) / 31;
        var inverse = scale == 0 ? 0 : 1 / scale;
        BlockMath.PutHalf(block, scale);
        BlockMath.PutHalf(block + 2, low);
        var codes = stackalloc int[32];
        for (var i = 0; i < 32; i++)
            codes[i] = Math.Clamp((int)((from[i] - low) * inverse + 0.5f), 0, 31);
        FiveBits.Write(codes, block + 4);
    }
}

/// <summary>32 numbers of five bits: four bytes of fifth bits, then 16 bytes of halves.</summary>
internal static unsafe class FiveBits
{
    public static int Read(byte* from, int index)
    {
        var pair = from[4 + index % 16];
        var fifth = (Unsafe.ReadUnaligned<uint>(from) >> index) & 1;
        return (index < 16 ? pair & 15 : pair >> 4) | (int)(fifth << 4);
    }

    public static void Write(int* codes, byte* to)
    {
        uint fifth = 0;
        for (var i = 0; i < 32; i++)
            fifth |= (uint)(codes[i] >> 4) << i;
        Unsafe.WriteUnaligned(to, fifth);
        for (var i = 0; i < 16; i++)
            to[4 + i] = (byte)((codes[i] & 15) | ((codes[i + 16] & 15) << 4));
    }
}
