using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>32 elements in 34 bytes: d (binary16), then 32 signed bytes q; x = d · q.</summary>
internal readonly unsafe struct Q8_0Format : IBlockFormat, IDotFormat, IParts
{
    public static int Elements => 32;

    public static int Bytes => 34;

    public static float Read(byte* block, int index) => BlockMath.Half(block) * (sbyte)block[2 + index];

    public static void Decode(byte* block, int group, float* to) =>
        // A signed byte with its sign bit turned is the same number plus 128.
        BlockMath.Scaled(Vector256.Load(block + 2) ^ Vector256.Create((byte)128), 128, BlockMath.Half(block), to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Numbers<L, V>(byte* block, int first) where L : struct, ILane<V> where V : unmanaged => L.LoadS8(block + 2 + first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Add<L, V>(byte* row, int block, float* x, V sum) where L : struct, ILane<V> where V : unmanaged
    {
        var at = row + (nint)block * Bytes;
        return L.Fma(BlockDot<Q8_0Format>.Of32<L, V>(at, x), L.Set(BlockMath.Half(at)), sum);
    }

    public static void Encode(float* from, byte* block)
    {
        var largest = 0f;
        for (var i = 0; i < Elements; i++)
            largest = Math.Max(largest, Math.Abs(from[i]));
        var scale = largest / 127;
        var inverse = scale == 0 ? 0 : 1 / scale;
        BlockMath.PutHalf(block, scale);
        for (var i = 0; i < Elements; i++)
            block[2 + i] = (byte)(sbyte)BlockMath.Round(from[i] * inverse);
    }
}
