using System.Diagnostics.CodeAnalysis;
using Attune.Engine.Formats;

namespace Attune.Engine;

/// <summary>How one element of a <see cref="Tensor"/> is stored.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "The names of GGUF's block formats are known with their underscores.")]
public enum DType
{
    /// <summary>IEEE 754 binary32: activations, master weights, optimizer state.</summary>
    F32,

    /// <summary>IEEE 754 binary64: the reference backend of gradient checks only.</summary>
    F64,

    /// <summary>The upper half of a binary32: frozen weights.</summary>
    BF16,

    /// <summary>IEEE 754 binary16: frozen weights.</summary>
    F16,

    /// <summary>32-bit signed integers: token ids, positions, row lists.</summary>
    I32,

    /// <summary>Raw bytes: workspaces of kernels.</summary>
    U8,

    /// <summary>GGUF's blocks of 32 signed bytes with one scale: frozen weights.</summary>
    Q8_0,

    /// <summary>GGUF's blocks of 32 four-bit numbers with one scale: frozen weights.</summary>
    Q4_0,

    /// <summary>GGUF's blocks of 32 five-bit numbers with one scale: frozen weights.</summary>
    Q5_0,

    /// <summary>GGUF's blocks of 32 five-bit numbers with scale and minimum: frozen weights.</summary>
    Q5_1,

    /// <summary>GGUF's blocks of 256 four-bit numbers, scale and minimum for each 32: frozen weights.</summary>
    Q4_K,

    /// <summary>GGUF's blocks of 256 five-bit numbers, scale and minimum for each 32: frozen weights.</summary>
    Q5_K,

    /// <summary>GGUF's blocks of 256 six-bit numbers, a scale for each 16: frozen weights.</summary>
    Q6_K,

    /// <summary>Blocks of 64 signed bytes with one F32 scale: frozen weights, in memory only.</summary>
    Int8,

    /// <summary>Blocks of 64 codes of 16 normal quantiles, their scales quantised too (QLoRA): frozen weights, in memory only.</summary>
    NF4,
}

/// <summary>Sizes of element types. In a block format a fixed number of neighbours in a row share scales and have no bytes of their own.</summary>
public static class DTypes
{
    /// <summary>Every type that frozen weights may be stored in.</summary>
    public static IReadOnlyList<DType> WeightTypes { get; } = [.. Enum.GetValues<DType>().Where(static t => t is not (DType.F64 or DType.I32 or DType.U8))];

    /// <summary>Bytes that one element occupies; no block format has such.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.F64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.BF16 or DType.F16 => 2,
        DType.U8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "single elements have no size in this format"),
    };

    /// <summary>Elements of a block; 1 where each element stands alone. Rows are whole blocks.</summary>
    public static int BlockElements(this DType type) => WeightFormats.Block(type)?.Elements ?? 1;

    /// <summary>Bytes of a block, or of one element where each stands alone.</summary>
    public static int BlockBytes(this DType type) => WeightFormats.Block(type)?.Bytes ?? type.Size();

    /// <summary>Bytes of a row of that many elements.</summary>
    /// <exception cref="ArgumentException">They are not whole blocks.</exception>
    public static long Bytes(this DType type, long elements)
    {
        if (WeightFormats.Block(type) is not { } block)
            return elements * type.Size();
        return elements % block.Elements == 0
            ? WeightFormats.Head(type, elements / block.Elements) + elements / block.Elements * block.Bytes
            : throw new ArgumentException($"{elements} elements are not whole blocks of {type}, which hold {block.Elements}");
    }
}
