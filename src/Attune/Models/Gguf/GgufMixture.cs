using Attune.Engine;

namespace Attune.Models.Gguf;

/// <summary>
/// Which type each tensor of a file gets: the choice of llama.cpp's own quantiser for dense models without an importance matrix
/// (ggml-org/llama.cpp, <c>src/llama-quant.cpp</c>), rows that fit no block included. Two differences: the one exception for Llama 70B is
/// left out, and rows that fit no block of 32 become F16 in every format, where llama.cpp refuses q8_0 and q4_0.
/// </summary>
/// <param name="Name">What flags call it.</param>
/// <param name="Default">The type of most tensors.</param>
/// <param name="FileType"><c>general.file_type</c>.</param>
internal sealed record GgufMixture(string Name, DType Default, uint FileType)
{
    /// <summary>All of them. To add one: its line here, and a bound in the parity check.</summary>
    public static IReadOnlyList<GgufMixture> All { get; } =
    [
        new("f32", DType.F32, 0), new("f16", DType.F16, 1), new("bf16", DType.BF16, 32), new("q8_0", DType.Q8_0, 7), new("q4_0", DType.Q4_0, 2),
        new("q4_k_m", DType.Q4_K, 15),
    ];

    /// <summary>The type of a matrix; vectors and learned positions are F32 in every mixture.</summary>
    /// <param name="part">What it does.</param>
    /// <param name="cols">Columns.</param>
    /// <param name="block">The block it stands in.</param>
    /// <param name="blocks">How many blocks there are.</param>
    /// <param name="tied">Whether the embedding is the head too.</param>
    public DType TypeOf(ModulePart part, int cols, int block, int blocks, bool tied)
    {
        if (part == ModulePart.Positions)
            return DType.F32;
        if (Default.BlockElements() == 1)
            return Default;
        var isHead = part == ModulePart.Head || (tied && part == ModulePart.Embedding);
        var isCostly = part is ModulePart.Value or ModulePart.QueryKeyValue or ModulePart.Down;
        var wanted = isHead
            ? Default == DType.Q8_0 || cols % Default.BlockElements() != 0 ? DType.Q8_0 : DType.Q6_K
            : Default == DType.Q4_K && isCostly && HasMoreBits(block, blocks) ? DType.Q6_K : Default;
        return Fitting(wanted, cols);
    }

    // The first and the last eighth of the blocks, and every third between.
    private static bool HasMoreBits(int block, int blocks) =>
        block < blocks / 8 || block >= 7 * blocks / 8 || (block - blocks / 8) % 3 == 2;

    private static DType Fitting(DType type, int cols)
    {
        if (cols % type.BlockElements() == 0)
            return type;
        var smaller = type switch { DType.Q4_K => DType.Q5_0, DType.Q6_K => DType.Q8_0, _ => DType.F16 };
        return cols % smaller.BlockElements() == 0 ? smaller : DType.F16;
    }
}
