namespace Attune.Engine.Formats;

/// <summary>
/// A block format of GGUF: a fixed number of neighbours in a row share scales. Its layout and its arithmetic stand in
/// ggml-org/ggml, <c>ggml-common.h</c> and <c>ggml-quants.c</c>; decoded values are those, bit for bit.
/// </summary>
internal unsafe interface IBlockFormat
{
    /// <summary>Elements of a block, a multiple of 32.</summary>
    static abstract int Elements { get; }

    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>One element of a block: the definition that <see cref="Decode"/> is held against.</summary>
    static abstract float Read(byte* block, int index);

    /// <summary>Elements 32 · group … 32 · group + 31 of a block.</summary>
    static abstract void Decode(byte* block, int group, float* to);

    /// <summary>Rounds a whole block.</summary>
    static abstract void Encode(float* from, byte* block);
}

/// <summary>What is asked of a block format at run time.</summary>
internal sealed unsafe class BlockRow(int elements, int bytes, delegate*<byte*, long, float> read)
{
    private readonly delegate*<byte*, long, float> read = read;

    public int Elements => elements;

    public int Bytes => bytes;

    /// <summary>Element <paramref name="index"/> of a row; the caller answers for the range.</summary>
    public float Read(byte* row, long index) => read(row, index);
}

/// <summary>Rows of blocks, read and written as rows of floats.</summary>
internal static unsafe class BlockRows<F> where F : struct, IBlockFormat
{
    /// <summary>Elements that are decoded at once.</summary>
    public const int Group = 32;

    /// <summary>The format's row of the table.</summary>
    public static BlockRow Row { get; } = new(F.Elements, F.Bytes, &Read);

    /// <summary>Widens elements start … start + count − 1 of a row; the caller answers for both ranges.</summary>
    public static void Decode(byte* row, long start, int count, float* to)
    {
        var part = stackalloc float[Group];
        var end = start + count;
        while (start < end)
        {
            var (block, inBlock) = Math.DivRem(start, F.Elements);
            var (group, skip) = Math.DivRem((int)inBlock, Group);
            var bytes = row + block * F.Bytes;
            var take = (int)Math.Min(Group - skip, end - start);
            // A product may begin or end anywhere in a group.
            if (take == Group)
            {
                F.Decode(bytes, group, to);
            }
            else
            {
                F.Decode(bytes, group, part);
                new ReadOnlySpan<float>(part + skip, take).CopyTo(new Span<float>(to, take));
            }
            start += take;
            to += take;
        }
    }

    /// <summary>Rounds floats into elements start … start + count − 1 of a row, whole blocks.</summary>
    public static void Encode(float* from, int count, byte* row, long start)
    {
        if (start % F.Elements != 0 || count % F.Elements != 0)
            throw new ArgumentException($"elements {start}…{start + count} are not whole blocks of {F.Elements}");
        var block = row + start / F.Elements * F.Bytes;
        for (var i = 0; i < count; i += F.Elements, block += F.Bytes)
            F.Encode(from + i, block);
    }

    private static float Read(byte* row, long index)
    {
        var (block, inBlock) = Math.DivRem(index, F.Elements);
        return F.Read(row + block * F.Bytes, (int)inBlock);
    }
}
