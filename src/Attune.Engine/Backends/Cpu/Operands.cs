using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Backends.Cpu;

/// <summary>A matrix as a product reads it: transposed means that rows of A lie across k, rows of B along it.</summary>
internal readonly unsafe struct Operand(
    byte* address, long pitch, long pitchBytes, bool transposed, DType type, delegate*<byte*, long, int, float*, void> decode)
{
    private readonly byte* address = address;
    private readonly DType type = type;
    private readonly delegate*<byte*, long, int, float*, void> decode = decode;

    /// <summary>Elements from row to row.</summary>
    public long Pitch { get; } = pitch;

    /// <summary>Bytes from row to row.</summary>
    public long PitchBytes { get; } = pitchBytes;

    public bool Transposed { get; } = transposed;

    public DType Type { get; } = type;

    /// <summary>True where rows can be read in place.</summary>
    public bool IsFloat => type == DType.F32;

    /// <summary>True where rows hold BF16, which packed pairs take as it is.</summary>
    public bool IsBF16 => type == DType.BF16;

    /// <summary>The same matrix on the other side of a product, which is then that of the transposes.</summary>
    public Operand Turned => new(address, Pitch, PitchBytes, !Transposed, type, decode);

    /// <summary>Row <paramref name="index"/>, raw.</summary>
    public byte* Row(long index) => address + index * PitchBytes;

    /// <summary>Row <paramref name="index"/> of an F32 matrix.</summary>
    public float* Floats(long index) => (float*)Row(index);

    /// <summary>Elements start … start + count − 1 of a row as floats: in place, or widened into <paramref name="to"/>.</summary>
    public float* Part(long row, long start, int count, float* to)
    {
        if (IsFloat)
            return Floats(row) + start;
        decode(Row(row), start, count, to);
        return to;
    }

    /// <summary>
    /// Asks for a part of a row that will be read soon; the row need not be there. Pieces of rows that lie apart are what no hardware
    /// foresees. Weights in blocks are left alone: widening them takes longer than reading them.
    /// </summary>
    public void Announce(long row, long start, int count)
    {
        var size = IsFloat ? sizeof(float) : IsBF16 ? sizeof(ushort) : 0;
        Prefetch.Bytes(Row(row) + start * size, (long)count * size);
    }
}

/// <summary>Where a product goes: C ← α · sum + β · C.</summary>
internal unsafe readonly struct Target(float* address, long pitch, float alpha, float beta)
{
    public float* Address { get; init; } = address;

    public long Pitch { get; } = pitch;

    public float Alpha { get; } = alpha;

    public float Beta { get; init; } = beta;

    /// <summary>True where columns of C lie along memory.</summary>
    public bool Transposed { get; init; }

    public float* Row(long index) => Address + index * Pitch;

    public float* At(long row, long col) => Transposed ? Address + col * Pitch + row : Address + row * Pitch + col;
}

/// <summary>How a sum over k is split: evenly, in multiples of 64, at most <see cref="Longest"/> each.</summary>
internal readonly struct KBlocks(int k)
{
    public const int Longest = 768;

    /// <summary>Steps of every block but the last.</summary>
    public int Length { get; } = Math.Max(64, ((k + Blocks(k) - 1) / Blocks(k) + 63) / 64 * 64);

    /// <summary>Number of blocks; one, empty, for an empty sum.</summary>
    public int Count => Math.Max(1, (k + Length - 1) / Length);

    public (int Start, int Length) Range(int block) => (block * Length, Math.Min(Length, k - block * Length));

    private static int Blocks(int k) => Math.Max(1, (k + Longest - 1) / Longest);
}
