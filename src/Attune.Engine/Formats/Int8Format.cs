using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>
/// 64 elements in 68 bytes: d (binary32), then 64 signed bytes q; x = d · q, with d = absmax / 127 and q the nearest whole number to
/// x / d, ties to even, −127 … 127. Symmetrical absmax quantisation (Dettmers et al. 2022), by blocks of a row. In memory only: no file
/// holds it.
/// </summary>
internal readonly unsafe struct Int8Format : IBlockFormat, IDotFormat, IParts
{
    public static int Elements => 64;

    public static int Bytes => 68;

    public static float Read(byte* block, int index) => Unsafe.ReadUnaligned<float>(block) * (sbyte)block[4 + index];

    public static void Decode(byte* block, int group, float* to)
    {
        var scale = Unsafe.ReadUnaligned<float>(block);
        for (var i = 0; i < 32; i++)
            to[i] = scale * (sbyte)block[4 + 32 * group + i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Numbers<L, V>(byte* block, int first) where L : struct, ILane<V> where V : unmanaged => L.LoadS8(block + 4 + first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Add<L, V>(byte* row, int block, float* x, V sum) where L : struct, ILane<V> where V : unmanaged
    {
        var at = row + (nint)block * Bytes;
        return L.Fma(BlockDot<Int8Format>.Of64<L, V>(at, x), L.Set(Unsafe.ReadUnaligned<float>(at)), sum);
    }

    public static void Encode(float* from, byte* block)
    {
        var largest = 0f;
        for (var i = 0; i < Elements; i++)
            largest = Math.Max(largest, Math.Abs(from[i]));
        var scale = largest / 127;
        Unsafe.WriteUnaligned(block, scale);
        for (var i = 0; i < Elements; i++)
            block[4 + i] = scale == 0 ? (byte)0 : (byte)(sbyte)Math.Clamp(MathF.Round(from[i] / scale, MidpointRounding.ToEven), -127, 127);
    }
}
