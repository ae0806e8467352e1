using Attune.Engine;
using Attune.Engine.Backends;

namespace Attune.Bench;

/// <summary>What passes over all trained weights once a step.</summary>
internal static class OptimizerCases
{
    private const string Group = "optimizer";

    public static IEnumerable<KernelCase> Of(CaseSizes s)
    {
        var count = s.Bytes / sizeof(float);
        yield return new KernelCase(Group, "AdamW", memory =>
        {
            var (w, g, m, v) = (memory.Random(1, count), memory.Random(1, count), memory.New(DType.F32, 1, count), memory.New(DType.F32, 1, count));
            return backend => backend.Optimizer.AdamW(w, g, m, v, new AdamWStep(1e-4f, 0.9f, 0.999f, 1e-8f, 0, 1, 1));
        });
        yield return new KernelCase(Group, "AdamW, moments in 8 bits", memory =>
        {
            var (w, g) = (memory.Random(1, count), memory.Random(1, count));
            Tensor Codes() => memory.New(DType.U8, 1, count);
            Tensor Scales() => memory.New(DType.F32, 1, ByteMoments.Blocks(count));
            var moments = new ByteMoments(Codes(), Scales(), Codes(), Scales());
            return backend => backend.Optimizer.AdamW8(w, g, moments, new AdamWStep(1e-4f, 0.9f, 0.999f, 1e-8f, 0, 1, 1));
        });
        yield return new KernelCase(Group, "norm of the gradient", memory =>
        {
            var g = memory.Random(1, count);
            return backend => backend.Optimizer.SumOfSquares(g);
        });
        yield return new KernelCase(Group, "sum of losses", memory =>
        {
            var losses = memory.Random(1, count);
            return backend => backend.Optimizer.Sum(losses);
        });
    }
}
