using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>
/// 256 elements in 210 bytes: 128 bytes of low halves, 64 bytes of upper pairs of bits, 16 signed scales, d (binary16). Each half of
/// the block is four groups of 32: low halves of groups 0 and 1 lie in the low halves of its 64 bytes, those of 2 and 3 in the high
/// halves; the upper bits of group g lie at bit 2g of its 32 bytes. x = (d · scale of the 16) · (q − 32).
/// </summary>
internal readonly unsafe struct Q6_KFormat : IBlockFormat, IDotFormat
{
    private const int Upper = 128, Scales = 192, Factor = 208;

    public static int Elements => 256;

    public static int Bytes => 210;

    public static float Read(byte* block, int index)
    {
        var (half, group, i) = (index / 128, index % 128 / 32, index % 32);
        var pair = block[half * 64 + group % 2 * 32 + i];
        var upper = (block[Upper + half * 32 + i] >> (2 * group)) & 3;
        var q = (group < 2 ? pair & 15 : pair >> 4) | (upper << 4);
        return BlockMath.Half(block + Factor) * (sbyte)block[Scales + index / 16] * (q - 32);
    }

    public static void Decode(byte* block, int group, float* to)
    {
        var (half, quarter) = Math.DivRem(group, 4);
        var pairs = Vector256.Load(block + half * 64 + quarter % 2 * 32);
        var low = quarter < 2 ? pairs & Vector256.Create((byte)15) : Vector256.ShiftRightLogical(pairs, 4);
        var upper = Vector256.ShiftRightLogical(Vector256.Load(block + Upper + half * 32), 2 * quarter) & Vector256.Create((byte)3);
        var q = low | Vector256.ShiftLeft(upper, 4);
        var factor = BlockMath.Half(block + Factor);
        BlockMath.Scaled16(q.GetLower(), 32, factor * (sbyte)block[Scales + 2 * group], to);
        BlockMath.Scaled16(q.GetUpper(), 32, factor * (sbyte)block[Scales + 2 * group + 1], to + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Add<L, V>(byte* row, int block, float* x, V sum) where L : struct, ILane<V> where V : unmanaged
    {
        var at = row + (nint)block * Bytes;
        var factor = BlockMath.Half(at + Factor);
        for (var half = 0; half < 2; half++)
        {
            byte* low = at + half * 64, high = at + Upper + half * 32, scales = at + Scales + half * 8;
            // Each 16 low bytes hold two runs of 16 elements; each 16 high bytes four.
            for (var i = 0; i < 32; i += 16)
            {
                sum = Sixteen<L, V>(low + i, 0, high + i, 0, factor * (sbyte)scales[i / 16], x + i, sum);
                sum = Sixteen<L, V>(low + 32 + i, 0, high + i, 2, factor * (sbyte)scales[2 + i / 16], x + 32 + i, sum);
                sum = Sixteen<L, V>(low + i, 4, high + i, 4, factor * (sbyte)scales[4 + i / 16], x + 64 + i, sum);
                sum = Sixteen<L, V>(low + 32 + i, 4, high + i, 6, factor * (sbyte)scales[6 + i / 16], x + 96 + i, sum);
            }
            x += 128;
        }
        return sum;
    }

    public static void Encode(float* from, byte* block)
    {
        var scales = stackalloc float[16];
        var top = 0f;
        for (var g = 0; g < 16; g++)
        {
            scales[g] = SymmetricFit.Of(from + 16 * g, 32);
            if (Math.Abs(scales[g]) > Math.Abs(top))
                top = scales[g];
        }
        new Span<byte>(block, Bytes).Clear();
        BlockMath.PutHalf(block + Factor, top / -128);
        var factor = BlockMath.Half(block + Factor);
        for (var g = 0; g < 16; g++)
        {
            var share = factor == 0 ? 0 : Math.Clamp(BlockMath.Round(scales[g] / factor), -128, 127);
            block[Scales + g] = (byte)(sbyte)share;
            for (var i = 16 * g; i < 16 * g + 16; i++)
                Put(block, i, share == 0 ? 32 : Math.Clamp(BlockMath.Round(from[i] / (factor * share)) + 32, 0, 63));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Sixteen<L, V>(byte* low, int lowShift, byte* high, int highShift, float scale, float* x, V sum)
        where L : struct, ILane<V> where V : unmanaged
    {
        var factor = L.Set(scale);
        for (var i = 0; i < 16; i += L.Width)
        {
            var q = L.Sub(L.LoadSixBits(low + i, lowShift, high + i, highShift), L.Set(32));
            sum = L.Fma(L.Mul(q, L.Load(x + i)), factor, sum);
        }
        return sum;
    }

    private static void Put(byte* block, int index, int q)
    {
        var (half, group, i) = (index / 128, index % 128 / 32, index % 32);
        block[half * 64 + group % 2 * 32 + i] |= (byte)((q & 15) << (group < 2 ? 0 : 4));
        block[Upper + half * 32 + i] |= (byte)(q >> 4 << (2 * group));
    }
}

/// <summary>
/// Finds a scale s such that s · q, with whole q in −limit … limit − 1, is near to 16 given numbers: the least sum of squares weighted
/// by x². The sign of s is that which brings the largest to −limit.
/// </summary>
internal static unsafe class SymmetricFit
{
    private const int Count = 16, Steps = 9;

    public static float Of(float* x, int limit)
    {
        double extreme = 0;
        for (var i = 0; i < Count; i++)
        {
            if (Math.Abs(x[i]) > Math.Abs(extreme))
                extreme = x[i];
        }
        if (Math.Abs(extreme) < 1e-30)
            return 0;
        double best = extreme / -limit, gain = double.MinValue;
        for (var step = -Steps; step <= Steps; step++)
        {
            var inverse = -(limit + 0.1 * step) / extreme;
            double xq = 0, qq = 0;
            for (var i = 0; i < Count; i++)
            {
                var q = Math.Clamp(Math.Round(x[i] * inverse), -limit, limit - 1);
                xq += (double)x[i] * x[i] * x[i] * q;
                qq += (double)x[i] * x[i] * q * q;
            }
            // Least squares leave Σ w x² − (Σ w x q)² / Σ w q²: the larger the quotient, the smaller the error.
            if (qq > 0 && xq * xq / qq > gain)
                (best, gain) = (xq / qq, xq * xq / qq);
        }
        return (float)best;
    }
}
