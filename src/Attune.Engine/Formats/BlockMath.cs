using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Attune.Engine.Formats;

/// <summary>What the block formats share: scales of two bytes, integers turned into floats, rounding.</summary>
internal static unsafe class BlockMath
{
    /// <summary>A binary16 that may lie at any address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Half(byte* from)
    {
        // Exponent and mantissa in their places, under the sign extended. Written out: a call would cost the caller its registers.
        var wide = (Unsafe.ReadUnaligned<short>(from) << 13) & unchecked((int)0x8FFFE000);
        return (wide & 0x0F800000) == 0x0F800000
            ? BitConverter.Int32BitsToSingle(wide | 0x7F800000)
            // The exponent's bias is corrected by a multiplication, which normalises too.
            : BitConverter.Int32BitsToSingle(wide) * 5.192296858534828e33f;
    }

    public static void PutHalf(byte* to, float value) => Unsafe.WriteUnaligned(to, (Half)value);

    /// <summary>Four-bit numbers of 16 bytes: the low halves, then the high halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Nibbles(byte* from)
    {
        var bytes = Vector128.Load(from);
        return Vector256.Create(bytes & Vector128.Create((byte)15), Vector128.ShiftRightLogical(bytes, 4));
    }

    /// <summary>16 where bit i of <paramref name="bits"/> is set, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> FifthBits(uint bits)
    {
        var each = Vector256.Create(0x8040201008040201UL).AsByte();
        var spread = Vector256.Shuffle(Vector256.Create(bits).AsByte(), Vector256.Create(
            0UL, 0x0101010101010101UL, 0x0202020202020202UL, 0x0303030303030303UL).AsByte());
        return Vector256.Equals(spread & each, each) & Vector256.Create((byte)16);
    }

    /// <summary>to = scale · (q − offset).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scaled(Vector256<byte> q, int offset, float scale, float* to)
    {
        var (low, high) = Vector256.Widen(q);
        Scaled(low, offset, scale, to);
        Scaled(high, offset, scale, to + 16);
    }

    /// <summary>The same for 16 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scaled16(Vector128<byte> q, int offset, float scale, float* to)
    {
        var (low, high) = Vector128.Widen(q);
        Scaled(Vector256.Create(low, high), offset, scale, to);
    }

    /// <summary>to = scale · q − minimum, rounded after each step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Shifted(Vector256<byte> q, float scale, float minimum, float* to)
    {
        var (low, high) = Vector256.Widen(q);
        Shifted(low, scale, minimum, to);
        Shifted(high, scale, minimum, to + 16);
    }

    /// <summary>The nearest whole number, halves away from zero.</summary>
    public static int Round(float value) => (int)MathF.Round(value, MidpointRounding.AwayFromZero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scaled(Vector256<ushort> q, int offset, float scale, float* to)
    {
        var (low, high) = Vector256.Widen(q);
        var (minus, factor) = (Vector256.Create(offset), Vector256.Create(scale));
        (Vector256.ConvertToSingle(low.AsInt32() - minus) * factor).Store(to);
        (Vector256.ConvertToSingle(high.AsInt32() - minus) * factor).Store(to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Shifted(Vector256<ushort> q, float scale, float minimum, float* to)
    {
        var (low, high) = Vector256.Widen(q);
        var (minus, factor) = (Vector256.Create(minimum), Vector256.Create(scale));
        (Vector256.ConvertToSingle(low.AsInt32()) * factor - minus).Store(to);
        (Vector256.ConvertToSingle(high.AsInt32()) * factor - minus).Store(to + 8);
    }
}
