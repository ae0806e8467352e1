using Attune.Engine.Backends;

namespace Attune.Engine.Tests.Cpu;

/// <summary>Decoding: one query a sequence, beside pieces of prompts, over keys of a cache; nothing is kept for a backward.</summary>
public class RowAttentionTests
{
    [Theory]
    [InlineData(4, 2, 64, 0, 0)]
    [InlineData(3, 1, 5, 0, 0)]
    [InlineData(2, 2, 80, 7, 0)]
    [InlineData(4, 1, 20, 0, 3)]
    public void Equals_the_specification(int heads, int keyHeads, int size, int window, double cap)
    {
        var shape = new AttentionShape(heads, keyHeads, size, 0.3f, window, (float)cap);
        foreach (var cpu in Sweep.Widths())
        {
            foreach (var keys in new[] { 1, 2, 15, 16, 33, 130 })
            {
                // A query on the last of its keys, a piece of three, a query on a single key; slots of the cache lie apart.
                var plan = new AttentionPlan([new(0, 1, 2, keys), new(1, 3, 2 + keys, 5), new(4, 1, 8 + keys, 1)]);
                var (q, k, v) = (Pair.Of(5, heads * size, 1, 3), Pair.Of(keys + 9, keyHeads * size, 2), Pair.Of(keys + 9, keyHeads * size, 3, 2));
                var o = Pair.Of(5, heads * size, 4, 5, static _ => double.NaN);
                cpu.Attention.Attention(q.Cpu, k.Cpu, v.Cpu, plan, shape, o.Cpu, null, Sweep.Workspace(cpu.Attention.Workspace(plan, shape)));
                Sweep.Reference.Attention.Attention(q.Exact, k.Exact, v.Exact, plan, shape, o.Exact, null, Sweep.Workspace(1 << 16));
                o.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit, {keys} keys, {shape}");
            }
        }
    }
}
