using System.Runtime.CompilerServices;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>
/// NF4 with double quantisation (Dettmers et al. 2023). Blocks of 64 elements: a = max |x|, every element the nearest of 16 levels
/// (<see cref="Nf4Codes"/>) to x / a. The a's, less their mean μ over the tensor, are rounded in blocks of 256, in row order, to the nearest
/// of 256 numbers times s = max |a − μ|: a ≈ s · number + μ. In memory only: no file holds it.
/// </summary>
/// <remarks>
/// A row begins with a head: how many s it holds and how many of its blocks belong to the first (both 16 bits), μ, then each s
/// (binary32). Every block is 33 bytes: the code of its a, then 16 words of 16 bits; word i holds elements i, 16 + i, 32 + i and
/// 48 + i from its lowest bits up, so that one load and three shifts unpack a block.
/// </remarks>
internal readonly unsafe struct Nf4Format : IDotFormat, IParts
{
    /// <summary>Blocks that share a scale of scales.</summary>
    public const int Shared = 256;

    /// <inheritdoc />
    public static int Elements => 64;

    /// <inheritdoc />
    public static int Bytes => 33;

    /// <summary>The format's row of the table.</summary>
    public static BlockRow Row { get; } = new(Elements, Bytes, &Read);

    /// <summary>Bytes of a row's head: the most shared blocks that so many blocks in a row can touch have their scale in it.</summary>
    public static long Head(long blocks) => 8 + sizeof(float) * (1 + (blocks + Shared - 2) / Shared);

    /// <inheritdoc />
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Numbers<L, V>(byte* block, int first) where L : struct, ILane<V> where V : unmanaged =>
        L.Lookup(CodeTables.Normal, (ushort*)(block + 1) + first % 16, first / 16 * 4);

    /// <inheritdoc />
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Add<L, V>(byte* row, int block, float* x, V sum) where L : struct, ILane<V> where V : unmanaged
    {
        var at = Block(row, block);
        return L.Fma(BlockDot<Nf4Format>.Of64<L, V>(at, x), L.Set(Scale(row, block, at)), sum);
    }

    /// <summary>Element <paramref name="index"/> of a row: what all else is held against.</summary>
    public static float Read(byte* row, long index)
    {
        var (block, i) = ((int)(index / Elements), (int)(index % Elements));
        var at = Block(row, block);
        var word = Unsafe.ReadUnaligned<ushort>(at + 1 + i % 16 * 2);
        return Nf4Codes.Levels[(word >> (i / 16 * 4)) & 15] * Scale(row, block, at);
    }

    /// <summary>Widens elements start … start + count − 1 of a row; the caller answers for both ranges.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode<L, V>(byte* row, long start, int count, float* to) where L : struct, ILane<V> where V : unmanaged
    {
        var whole = stackalloc float[64];
        var end = start + count;
        while (start < end)
        {
            var block = (int)(start / Elements);
            var skip = (int)(start - (long)block * Elements);
            var take = (int)Math.Min(Elements - skip, end - start);
            var at = Block(row, block);
            var scale = L.Set(Scale(row, block, at));
            var target = take == Elements ? to : whole;
            for (var i = 0; i < Elements; i += L.Width)
                L.Store(target + i, L.Mul(Numbers<L, V>(at, i), scale));
            if (take < Elements)
                new ReadOnlySpan<float>(whole + skip, take).CopyTo(new Span<float>(to, take));
            start += take;
            to += take;
        }
    }

    /// <summary>Packs the levels of a block, given its a.</summary>
    public static void Encode(float* from, float largest, byte* block)
    {
        new Span<byte>(block + 1, 32).Clear();
        for (var i = 0; i < Elements; i++)
        {
            var code = Nf4Codes.Level(largest == 0 ? 0 : from[i] / largest);
            block[1 + i % 16 * 2 + i / 32] |= (byte)(code << (i / 16 % 2 * 4));
        }
    }

    /// <summary>Where a block of a row begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Block(byte* row, int block) => row + 8 + sizeof(float) * *(ushort*)row + (nint)block * Bytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Scale(byte* row, int block, byte* at)
    {
        // The first scale ends where a shared block of the tensor does; the others hold for 256 blocks each.
        var which = (block - *(ushort*)(row + 2) + Shared) / Shared;
        // Two steps and never one: a reader and a product must see the same number.
        var part = Unsafe.ReadUnaligned<float>(row + 8 + sizeof(float) * which) * Nf4Codes.Scales[*at];
        return part + Unsafe.ReadUnaligned<float>(row + 4);
    }
}
