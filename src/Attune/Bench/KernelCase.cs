using Attune.Engine.Backends;
using Attune.Models;

namespace Attune.Bench;

/// <summary>Sizes of all cases.</summary>
/// <param name="Model">The model whose layers give the widths.</param>
/// <param name="Rows">T of products: tokens of a pass.</param>
/// <param name="LossRows">Rows of logits that exist at once.</param>
/// <param name="Texts">Lengths of the texts that attention is measured on.</param>
/// <param name="Bytes">Size of one operand where memory is the bound: beyond the caches.</param>
public sealed record CaseSizes(DecoderSpec Model, int Rows, int LossRows, IReadOnlyList<int> Texts, int Bytes)
{
    /// <summary>Rank of low-rank products.</summary>
    public const int Rank = 16;

    /// <summary>Rows of F32 with that many columns that fill <see cref="Bytes"/>.</summary>
    public int RowsOf(int cols) => Math.Max(1, Bytes / (cols * sizeof(float)));
}

/// <summary>One row of the table of kernels.</summary>
/// <param name="Group">What the table is cut by: <c>products</c>, <c>formats</c> …</param>
/// <param name="Name">What is done, in a few words.</param>
/// <param name="Prepare">Makes the operands; what it returns runs the kernel on the backend that it is given.</param>
public sealed record KernelCase(string Group, string Name, Func<CaseMemory, Action<Backend>> Prepare)
{
    /// <summary>Whether it is a matrix product of many rows, which a backend computes in one type or another.</summary>
    public bool HasTypes { get; init; }
}

/// <summary>All cases. To add a kernel: a row in one of the files named here; a test demands that every kernel has one.</summary>
public static class KernelCases
{
    /// <summary>The groups in the order of the table.</summary>
    public static IReadOnlyList<string> Groups { get; } = ["products", "formats", "decoding", "attention", "rows", "optimizer"];

    /// <summary>Every case at the given sizes.</summary>
    public static IReadOnlyList<KernelCase> Of(CaseSizes sizes) =>
    [
        .. ProductCases.Of(sizes),
        .. AttentionCases.Of(sizes),
        .. RowCases.Of(sizes),
        .. OptimizerCases.Of(sizes),
    ];
}
