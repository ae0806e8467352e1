using Attune.Engine;
using Attune.Engine.Backends;

namespace Attune.Bench;

/// <summary>Attention over texts of several lengths, and rotary positions.</summary>
internal static class AttentionCases
{
    public static IEnumerable<KernelCase> Of(CaseSizes s)
    {
        foreach (var length in s.Texts)
        {
            yield return Case($"forward, texts of {length}", s, length, backward: false);
            yield return Case($"backward, texts of {length}", s, length, backward: true);
        }
        var width = s.Model.Heads * s.Model.HeadSize;
        var rows = s.RowsOf(width);
        yield return new KernelCase("attention", "rotary positions", memory =>
        {
            var (x, turns) = (memory.Random(rows, width), memory.Random(rows, s.Model.HeadSize));
            return backend => backend.Attention.Rope(x, s.Model.HeadSize, turns, inverse: false);
        });
        yield return new KernelCase("attention", "their cosines and sines", memory =>
        {
            var positions = memory.Indices(rows, s.Model.MaxPositions);
            var (frequencies, turns) = (memory.Random(1, s.Model.HeadSize / 2), memory.New(DType.F32, rows, s.Model.HeadSize));
            return backend => backend.Attention.Turns(positions, frequencies, turns);
        });
    }

    private static KernelCase Case(string name, CaseSizes s, int length, bool backward) => new("attention", name, memory =>
    {
        var shape = s.Model.AttentionShape(0);
        var texts = Math.Max(1, s.Rows / length);
        var (rows, width, keyWidth) = (texts * length, shape.Heads * shape.HeadSize, shape.KeyHeads * shape.HeadSize);
        var plan = AttentionPlan.Packed([.. Enumerable.Repeat(length, texts)]);
        var (q, k, v) = (memory.Random(rows, width), memory.Random(rows, keyWidth), memory.Random(rows, keyWidth));
        var (o, lse) = (memory.New(DType.F32, rows, width), memory.New(DType.F32, shape.Heads, rows));
        Tensor? workspace = null;
        if (!backward)
            return backend => backend.Attention.Attention(q, k, v, plan, shape, o, lse, workspace ??= memory.Workspace(backend.Attention.Workspace(plan, shape)));
        var (dO, dq) = (memory.Random(rows, width), memory.New(DType.F32, rows, width));
        var (dk, dv) = (memory.New(DType.F32, rows, keyWidth), memory.New(DType.F32, rows, keyWidth));
        var forward = false;
        return backend =>
        {
            workspace ??= memory.Workspace(backend.Attention.Workspace(plan, shape));
            if (!forward)
                backend.Attention.Attention(q, k, v, plan, shape, o, lse, workspace);
            forward = true;
            backend.Attention.AttentionBackward(dO, q, k, v, o, lse, plan, shape, dq, 0, dk, 0, dv, 0, workspace);
        };
    });
}
