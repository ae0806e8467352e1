namespace Attune.Engine;

/// <summary>How one element of a <see cref="Tensor"/> is stored.</summary>
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
}

/// <summary>Sizes of element types.</summary>
public static class DTypes
{
    /// <summary>Bytes that one element occupies.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.F64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.BF16 or DType.F16 => 2,
        DType.U8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not an element type"),
    };
}
