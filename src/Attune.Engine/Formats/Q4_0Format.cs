using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>
/// 32 elements in 18 bytes: d (binary16), then 16 bytes; byte i holds q of element i in its low half and of element i + 16 in its high
/// half; x = d · (q − 8).
/// </summary>
internal readonly unsafe struct Q4_0Format : IBlockFormat, IDotFormat, IParts
{
    public static int Elements => 32;

    public static int Bytes => 18;

    public static float Read(byte* block, int index)
    {
        var pair = block[2 + index % 16];
        return BlockMath.Half(block) * ((index < 16 ? pair & 15 : pair >> 4) - 8);
    }

    public static void Decode(byte* block, int group, float* to) => BlockMath.Scaled(BlockMath.Nibbles(block + 2), 8, BlockMath.Half(block), to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Numbers<L, V>(byte* block, int first) where L : struct, ILane<V> where V : unmanaged =>
        L.Lookup(CodeTables.FromMinusEight, block + 2 + first % 16, first / 16 * 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Add<L, V>(byte* row, int block, float* x, V sum) where L : struct, ILane<V> where V : unmanaged
    {
        var at = row + (nint)block * Bytes;
        return L.Fma(BlockDot<Q4_0Format>.Of32<L, V>(at, x), L.Set(BlockMath.Half(at)), sum);
    }

    public static void Encode(float* from, byte* block)
    {
        var scale = SignedBlock.Scale(from, -8);
        BlockMath.PutHalf(block, scale);
        for (var i = 0; i < 16; i++)
            block[2 + i] = (byte)(SignedBlock.Code(from[i], scale, 8) | (SignedBlock.Code(from[i + 16], scale, 8) << 4));
    }
}

/// <summary>Rounding of 32 elements onto whole multiples of one scale, from −limit to limit − 1, such that the largest meets −limit exactly.</summary>
internal static unsafe class SignedBlock
{
    /// <summary>The element of the largest magnitude over <paramref name="limit"/>.</summary>
    public static float Scale(float* from, int limit)
    {
        var extreme = 0f;
        for (var i = 0; i < 32; i++)
        {
            if (Math.Abs(from[i]) > Math.Abs(extreme))
                extreme = from[i];
        }
        return extreme / limit;
    }

    /// <summary>x over the scale, plus <paramref name="half"/>, rounded, in 0 … 2 · half − 1.</summary>
    public static int Code(float x, float scale, int half)
    {
        var inverse = scale == 0 ? 0 : 1 / scale;
        return Math.Clamp((int)(x * inverse + half + 0.5f), 0, 2 * half - 1);
    }
}
