using Attune.Engine.Backends;

namespace Attune.Engine.Tests.Cpu;

public class AttentionTests
{
    public static TheoryData<int[], int, int, int> Shapes => new()
    {
        { [1], 1, 1, 16 },
        { [5], 2, 1, 8 },
        { [47, 48, 49], 2, 2, 20 },
        { [130, 3], 4, 2, 64 },
        { [33, 0, 97], 3, 1, 33 },
        { [200], 2, 1, 80 },
        { [210], 1, 1, 136 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_and_backward_equal_the_specification(int[] lengths, int heads, int keyHeads, int headSize)
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var beta in new[] { 0f, 0.5f })
                One(cpu, AttentionPlan.Packed(lengths), lengths.Sum(), lengths.Sum(), new(heads, keyHeads, headSize, 0.3f), beta);
    }

    [Fact]
    public void Queries_at_the_end_of_a_longer_cache_and_rows_outside_every_span()
    {
        var plan = new AttentionPlan([new(2, 1, 0, 100), new(3, 50, 101, 150), new(60, 7, 260, 7), new(70, 9, 270, 4)]);
        foreach (var cpu in Sweep.Widths())
            One(cpu, plan, 80, 280, new(4, 2, 24, 0.2f), 1);
    }

    /// <summary>Windows around the sizes of blocks and tiles, one beyond every sequence, and a cap.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(7, 0)]
    [InlineData(48, 0)]
    [InlineData(100, 0.5f)]
    [InlineData(int.MaxValue, 2f)]
    [InlineData(0, 1e6f)]
    public void Windows_and_soft_caps_equal_the_specification(int window, float softCap)
    {
        var shape = new AttentionShape(4, 2, 20, 0.3f, window, softCap);
        var cached = new AttentionPlan([new(0, 1, 0, 100), new(1, 60, 100, 180)]);
        foreach (var cpu in Sweep.Widths())
        {
            One(cpu, AttentionPlan.Packed([3, 250, 49]), 302, 302, shape, 0.5f);
            One(cpu, cached, 61, 280, shape, 0);
        }
    }

    [Fact]
    public void Rope_turns_and_turns_back()
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var (headSize, half) in new[] { (2, 1), (16, 8), (64, 32), (34, 17), (20, 5) })
                foreach (var inverse in new[] { false, true })
                {
                    var x = Pair.Of(37, 3 * headSize, 1, 2);
                    var positions = Pair.Integers([.. Enumerable.Range(0, 37).Select(i => i * i % 101)]);
                    var frequencies = Pair.Of(1, half, 2, 0, Math.Abs);
                    cpu.Attention.Rope(x.Cpu, headSize, positions, frequencies.Cpu, 1.25f, inverse);
                    Sweep.Reference.Attention.Rope(x.Exact, headSize, positions, frequencies.Exact, 1.25f, inverse);
                    x.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit, head {headSize}");
                }
    }

    private static void One(CpuBackend cpu, AttentionPlan plan, int rows, int keys, AttentionShape shape, float beta)
    {
        var (wide, narrow) = (shape.Heads * shape.HeadSize, shape.KeyHeads * shape.HeadSize);
        var (q, k, v) = (Pair.Of(rows, wide, 1, 3), Pair.Of(keys, narrow, 2, 1), Pair.Of(keys, narrow, 3, 2));
        var (o, lse, dO) = (Pair.Of(rows, wide, 4, 5), Pair.Of(shape.Heads, rows, 5), Pair.Of(rows, wide, 6, 1));
        var (dq, dk, dv) = (Pair.Of(rows, wide, 7, 1), Pair.Of(keys, narrow, 8, 1), Pair.Of(keys, narrow, 9, 1));
        var workspace = Sweep.Workspace(cpu.Attention.Workspace(plan, shape));
        var exact = Sweep.Reference.Attention;
        cpu.Attention.Attention(q.Cpu, k.Cpu, v.Cpu, plan, shape, o.Cpu, lse.Cpu, workspace);
        exact.Attention(q.Exact, k.Exact, v.Exact, plan, shape, o.Exact, lse.Exact, workspace);
        var what = $"{cpu.LaneBits} bit {shape}";
        o.AssertClose(Sweep.Tolerance(DType.F32), what + " o");
        lse.AssertClose(Sweep.Tolerance(DType.F32), what + " lse");
        cpu.Attention.AttentionBackward(dO.Cpu, q.Cpu, k.Cpu, v.Cpu, o.Cpu, lse.Cpu, plan, shape, dq.Cpu, beta, dk.Cpu, beta, dv.Cpu, beta, workspace);
        exact.AttentionBackward(dO.Exact, q.Exact, k.Exact, v.Exact, o.Exact, lse.Exact, plan, shape, dq.Exact, beta, dk.Exact, beta, dv.Exact, beta, workspace);
        dq.AssertClose(5 * Sweep.Tolerance(DType.F32), what + " dq");
        dk.AssertClose(5 * Sweep.Tolerance(DType.F32), what + " dk");
        dv.AssertClose(5 * Sweep.Tolerance(DType.F32), what + " dv");
    }
}
