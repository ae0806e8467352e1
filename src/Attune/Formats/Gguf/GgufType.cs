using Attune.Engine;

namespace Attune.Formats.Gguf;

/// <summary>A tensor type of GGUF. Source: ggml-org/ggml, <c>ggml.h</c>, <c>enum ggml_type</c>.</summary>
/// <param name="Id">Its number in files.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">How Attune holds it; null where it cannot.</param>
public sealed record GgufType(uint Id, string Name, DType? Type)
{
    /// <summary>The types that Attune reads and writes, and those that it knows by name so that it can refuse them by name.</summary>
    public static IReadOnlyList<GgufType> All { get; } =
    [
        new(0, "F32", DType.F32), new(1, "F16", DType.F16), new(30, "BF16", DType.BF16), new(8, "Q8_0", DType.Q8_0), new(2, "Q4_0", DType.Q4_0),
        new(6, "Q5_0", DType.Q5_0), new(7, "Q5_1", DType.Q5_1), new(12, "Q4_K", DType.Q4_K), new(13, "Q5_K", DType.Q5_K), new(14, "Q6_K", DType.Q6_K),
        new(3, "Q4_1", null), new(9, "Q8_1", null), new(10, "Q2_K", null), new(11, "Q3_K", null), new(15, "Q8_K", null), new(16, "IQ2_XXS", null),
        new(17, "IQ2_XS", null), new(18, "IQ3_XXS", null), new(19, "IQ1_S", null), new(20, "IQ4_NL", null), new(21, "IQ3_S", null), new(22, "IQ2_S", null),
        new(23, "IQ4_XS", null), new(24, "I8", null), new(25, "I16", null), new(26, "I32", null), new(27, "I64", null), new(28, "F64", null),
        new(29, "IQ1_M", null), new(34, "TQ1_0", null), new(35, "TQ2_0", null), new(39, "MXFP4", null),
    ];

    /// <summary>The row of a type that Attune writes.</summary>
    public static GgufType Of(DType type) => All.First(t => t.Type == type);

    /// <summary>The row of a number; null where nobody knows it.</summary>
    public static GgufType? Of(uint id) => All.FirstOrDefault(t => t.Id == id);
}

/// <summary>Types of metadata values; the numbers are those in files.</summary>
internal enum GgufValueType : uint
{
    UInt8,
    Int8,
    UInt16,
    Int16,
    UInt32,
    Int32,
    Float32,
    Bool,
    String,
    Array,
    UInt64,
    Int64,
    Float64,
}
