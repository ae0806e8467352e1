using Attune.Engine;
using Attune.Models;

namespace Attune.Bench;

/// <summary>Matrix products over a model's layers: three layouts, every weight format, few rows.</summary>
internal static class ProductCases
{
    private static readonly int LongestBlock = DTypes.WeightTypes.Max(static t => t.BlockElements());

    public static IEnumerable<KernelCase> Of(CaseSizes s)
    {
        var layers = Layers(s.Model);
        foreach (var (name, inputs, outputs) in layers)
        {
            var rows = name == "head" ? s.LossRows : s.Rows;
            yield return Forward("products", $"{name}: x·Wᵀ", rows, inputs, outputs, DType.F32);
            yield return Case("products", $"{name}: dy·W", memory => (memory.Random(rows, outputs), false, memory.Random(outputs, inputs), false, rows, inputs));
            if (name != "head")
                yield return Case("products", $"{name}: dyᵀ·x", memory => (memory.Random(rows, outputs), true, memory.Random(rows, inputs), false, outputs, inputs));
        }
        var (_, narrow, wide) = layers[2];
        yield return Forward("products", "low rank: x·Aᵀ", s.Rows, narrow, CaseSizes.Rank, DType.F32);
        yield return Forward("products", "low rank: h·Bᵀ", s.Rows, CaseSizes.Rank, wide, DType.F32);
        yield return Case("products", "low rank: dyᵀ·h", memory => (memory.Random(s.Rows, wide), true, memory.Random(s.Rows, CaseSizes.Rank), false, wide, CaseSizes.Rank));
        // Whole blocks of every format.
        var inputsInBlocks = (narrow + LongestBlock - 1) / LongestBlock * LongestBlock;
        foreach (var type in DTypes.WeightTypes)
            yield return Forward("formats", $"x·Wᵀ, W in {type}", s.Rows, inputsInBlocks, wide, type);
        foreach (var type in DTypes.WeightTypes)
        {
            // As many rows of weights as lie beyond the caches in this format.
            var outputs = (int)Math.Max(1, s.Bytes / type.Bytes(inputsInBlocks));
            yield return Forward("decoding", $"1 row, W in {type}", 1, inputsInBlocks, outputs, type);
        }
    }

    private static (string Name, int Inputs, int Outputs)[] Layers(DecoderSpec m) =>
    [
        ("q, o", m.Hidden, m.Heads * m.HeadSize),
        ("k, v", m.Hidden, m.KeyHeads * m.HeadSize),
        ("gate, up", m.Hidden, m.FeedForward),
        ("down", m.FeedForward, m.Hidden),
        ("head", m.Hidden, m.Vocabulary),
    ];

    private static KernelCase Forward(string group, string name, int rows, int inputs, int outputs, DType type) =>
        Case(group, name, memory => (memory.Random(rows, inputs), false, memory.Random(type, outputs, inputs), true, rows, outputs));

    private static KernelCase Case(string group, string name, Func<CaseMemory, (Tensor A, bool TransposeA, Tensor B, bool TransposeB, int M, int N)> operands) => new(group, name, memory =>
    {
        var (a, transposeA, b, transposeB, m, n) = operands(memory);
        var c = memory.New(DType.F32, m, n);
        Tensor? workspace = null;
        return backend =>
        {
            var bytes = backend.Matrix.Workspace(m, n, transposeA ? a.Rows : a.Cols, transposeA);
            if (workspace is null || workspace.Bytes < bytes)
                workspace = memory.Workspace(bytes);
            backend.Matrix.Product(a, transposeA, b, transposeB, c, 1, 0, workspace);
        };
    })
    { HasTypes = group != "decoding" };
}
