using Attune.Engine.Backends.Cpu;
using Attune.Engine.Backends.Cpu.Simd;

namespace Attune.Engine.Formats;

/// <summary>
/// How weights may be stored: one row a format. Products, lookups and norms ask for a decoder here and never know which format they
/// read.
/// </summary>
internal static unsafe class WeightFormats
{
    /// <summary>The decoder of <paramref name="type"/> at a lane width.</summary>
    /// <exception cref="NotSupportedException">The type is not a weight format.</exception>
    public static delegate*<byte*, long, int, float*, void> Decoder<L, V>(DType type) where L : struct, ILane<V> where V : unmanaged =>
        type switch
        {
            DType.F32 => &F32Format.Decode,
            DType.BF16 => &HalfRows<BF16Format>.Decode<L, V>,
            DType.F16 => &HalfRows<F16Format>.Decode<L, V>,
            DType.Q8_0 => &BlockRows<Q8_0Format>.Decode,
            DType.Q4_0 => &BlockRows<Q4_0Format>.Decode,
            DType.Q5_0 => &BlockRows<Q5_0Format>.Decode,
            DType.Q5_1 => &BlockRows<Q5_1Format>.Decode,
            DType.Q4_K => &BlockRows<Q4_KFormat>.Decode,
            DType.Q5_K => &BlockRows<Q5_KFormat>.Decode,
            DType.Q6_K => &BlockRows<Q6_KFormat>.Decode,
            DType.Int8 => &BlockRows<Int8Format>.Decode,
            DType.NF4 => &Nf4Format.Decode<L, V>,
            _ => throw new NotSupportedException($"{type} is not a weight format"),
        };

    /// <summary>Products of few rows with a run of rows in that format; null where they are decoded beforehand.</summary>
    public static delegate*<float*, int, int, byte*, nint, int, delegate*<byte*, long, int, float*, void>, Target, void> Dots<L, V>(DType type)
        where L : struct, ILane<V> where V : unmanaged =>
        type switch
        {
            DType.F32 => &RowDots<F32Format, L, V>.Run,
            DType.BF16 => &RowDots<HalfRows<BF16Format>, L, V>.Run,
            DType.F16 => &RowDots<HalfRows<F16Format>, L, V>.Run,
            DType.Q8_0 => &RowDots<Q8_0Format, L, V>.Run,
            DType.Q4_0 => &RowDots<Q4_0Format, L, V>.Run,
            DType.Q6_K => &RowDots<Q6_KFormat, L, V>.Run,
            DType.Int8 => &RowDots<Int8Format, L, V>.Run,
            // The code book is made before the kernel is compiled, so that the kernel need not look whether it is.
            DType.NF4 when Nf4Codes.Scales.Length > 0 => &RowDots<Nf4Format, L, V>.Run,
            _ => null,
        };

    /// <summary>
    /// The encoder of <paramref name="type"/>: rounds <c>count</c> floats to the nearest, ties to even; in a block format whole blocks,
    /// with scales that make the error small. NF4 has none: its tensors are written whole (<see cref="Nf4Writer"/>).
    /// </summary>
    /// <exception cref="NotSupportedException">The type is not a weight format.</exception>
    public static delegate*<float*, int, byte*, long, void> Encoder(DType type) =>
        type switch
        {
            DType.F32 => &F32Format.Encode,
            DType.BF16 => &HalfRows<BF16Format>.Encode,
            DType.F16 => &HalfRows<F16Format>.Encode,
            DType.Q8_0 => &BlockRows<Q8_0Format>.Encode,
            DType.Q4_0 => &BlockRows<Q4_0Format>.Encode,
            DType.Q5_0 => &BlockRows<Q5_0Format>.Encode,
            DType.Q5_1 => &BlockRows<Q5_1Format>.Encode,
            DType.Q4_K => &BlockRows<Q4_KFormat>.Encode,
            DType.Q5_K => &BlockRows<Q5_KFormat>.Encode,
            DType.Q6_K => &BlockRows<Q6_KFormat>.Encode,
            DType.Int8 => &BlockRows<Int8Format>.Encode,
            _ => throw new NotSupportedException($"{type} is not a weight format"),
        };

    /// <summary>Elements and bytes of a block; null where each element stands alone.</summary>
    public static (int Elements, int Bytes)? Block(DType type) => Blocks(type) is { } row ? (row.Elements, row.Bytes) : null;

    /// <summary>Element (<paramref name="row"/>, <paramref name="col"/>) of a tensor in a block format, as the format's definition says it.</summary>
    /// <exception cref="InvalidOperationException">The tensor is in no such format.</exception>
    public static float Read(Tensor tensor, int row, int col)
    {
        if (Blocks(tensor.Type) is not { } format)
            throw new InvalidOperationException($"{tensor} does not hold numbers");
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)col, (uint)tensor.Cols, nameof(col));
        fixed (byte* bytes = tensor.RowBytes(row))
            return format.Read(bytes, col);
    }

    /// <summary>Bytes that stand before the blocks of a row.</summary>
    public static long Head(DType type, long blocks) => type == DType.NF4 ? Nf4Format.Head(blocks) : 0;

    /// <summary>Rounds one row of floats into a tensor in a block format.</summary>
    /// <exception cref="InvalidOperationException">The tensor is in no such format, or in one that is written whole.</exception>
    public static void Encode(Tensor tensor, int row, ReadOnlySpan<float> values)
    {
        if (Blocks(tensor.Type) is null || IsWrittenWhole(tensor.Type))
            throw new InvalidOperationException($"{tensor} cannot be filled with floats row by row");
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, tensor.Cols, nameof(values));
        fixed (byte* bytes = tensor.RowBytes(row))
        fixed (float* from = values)
            Encoder(tensor.Type)(from, values.Length, bytes, 0);
    }

    /// <summary>Whether all of a tensor must be known before the first of its rows can be written.</summary>
    public static bool IsWrittenWhole(DType type) => type == DType.NF4;

    private static BlockRow? Blocks(DType type) => type switch
    {
        DType.Q8_0 => BlockRows<Q8_0Format>.Row,
        DType.Q4_0 => BlockRows<Q4_0Format>.Row,
        DType.Q5_0 => BlockRows<Q5_0Format>.Row,
        DType.Q5_1 => BlockRows<Q5_1Format>.Row,
        DType.Q4_K => BlockRows<Q4_KFormat>.Row,
        DType.Q5_K => BlockRows<Q5_KFormat>.Row,
        DType.Q6_K => BlockRows<Q6_KFormat>.Row,
        DType.Int8 => BlockRows<Int8Format>.Row,
        DType.NF4 => Nf4Format.Row,
        _ => null,
    };
}
