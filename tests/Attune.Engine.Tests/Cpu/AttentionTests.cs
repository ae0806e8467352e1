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

    /// <summary>Sequences of odd and even lengths, alone and over several blocks, windows, a cap, heads of incomplete vectors and pairs.</summary>
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Products_in_BF16_equal_the_specification_within_their_rounding(int[] lengths, int heads, int keyHeads, int headSize)
    {
        Assert.SkipUnless(CpuBackend.Supports(ProductType.BF16), "no BF16 products here");
        var cpu = new CpuBackend(2, ProductType.BF16);
        var shape = new AttentionShape(heads, keyHeads, headSize, 1.3f / MathF.Sqrt(headSize));
        int[] longer = [.. lengths, 301];
        foreach (var (window, cap) in new[] { (0, 0f), (9, 0f), (100, 2f) })
            One(cpu, AttentionPlan.Packed(longer), longer.Sum(), longer.Sum(), shape with { Window = window, SoftCap = cap }, 0.5f, 4 * Sweep.Tolerance(DType.BF16));
        // Queries on a cache are multiplied as floats.
        One(cpu, new AttentionPlan([new(0, 3, 0, 100)]), 3, 100, shape, 0, Sweep.Tolerance(DType.F32));
    }

    /// <summary>A sequence's output and gradients are the same bits alone and beside others, on one thread and on three.</summary>
    [Theory]
    [InlineData(ProductType.F32)]
    [InlineData(ProductType.BF16)]
    public void A_sequence_knows_neither_neighbours_nor_threads(ProductType products)
    {
        Assert.SkipUnless(CpuBackend.Supports(products), "no such products here");
        var (shape, first, rows) = (new AttentionShape(4, 2, 20, 0.2f, Window: 200), 70, 331);
        var (q, k, v, dO) = (Pair.Of(401, 80, 1).Cpu, Pair.Of(401, 40, 2).Cpu, Pair.Of(401, 40, 3).Cpu, Pair.Of(401, 80, 4).Cpu);
        float[] Run(int threads, int from, int count, params int[] lengths)
        {
            var cpu = new CpuBackend(threads, products);
            var plan = AttentionPlan.Packed(lengths);
            var workspace = Sweep.Workspace(cpu.Attention.Workspace(plan, shape));
            Tensor Part(Tensor x) => x.RowRange(from, count);
            Tensor New(int r, int c) => GuardedStorage.Tensor(DType.F32, r, c);
            var (o, lse, dq, dk, dv) = (New(count, 80), New(4, count), New(count, 80), New(count, 40), New(count, 40));
            cpu.Attention.Attention(Part(q), Part(k), Part(v), plan, shape, o, lse, workspace);
            cpu.Attention.AttentionBackward(Part(dO), Part(q), Part(k), Part(v), o, lse, plan, shape, dq, 0, dk, 0, dv, 0, workspace);
            return [.. new[] { o, dq, dk, dv }.SelectMany(x => x.RowRange(first - from, rows).ToArray())];
        }
        var packed = Run(1, 0, 401, 70, 331);
        Assert.Equal(packed, Run(3, 0, 401, 70, 331));
        Assert.Equal(packed, Run(2, 70, 331, 331));
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
                    var turns = Pair.Of(37, 2 * half, 3);
                    cpu.Attention.Turns(positions, frequencies.Cpu, turns.Cpu);
                    Sweep.Reference.Attention.Turns(positions, frequencies.Exact, turns.Exact);
                    turns.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit, {half} turns");
                    cpu.Attention.Rope(x.Cpu, headSize, turns.Cpu, inverse);
                    Sweep.Reference.Attention.Rope(x.Exact, headSize, turns.Exact, inverse);
                    x.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit, head {headSize}");
                }
    }

    private static void One(CpuBackend cpu, AttentionPlan plan, int rows, int keys, AttentionShape shape, float beta) =>
        One(cpu, plan, rows, keys, shape, beta, Sweep.Tolerance(DType.F32));

    private static void One(CpuBackend cpu, AttentionPlan plan, int rows, int keys, AttentionShape shape, float beta, double tolerance)
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
        o.AssertClose(tolerance, what + " o");
        lse.AssertClose(tolerance, what + " lse");
        cpu.Attention.AttentionBackward(dO.Cpu, q.Cpu, k.Cpu, v.Cpu, o.Cpu, lse.Cpu, plan, shape, dq.Cpu, beta, dk.Cpu, beta, dv.Cpu, beta, workspace);
        exact.AttentionBackward(dO.Exact, q.Exact, k.Exact, v.Exact, o.Exact, lse.Exact, plan, shape, dq.Exact, beta, dk.Exact, beta, dv.Exact, beta, workspace);
        dq.AssertClose(5 * tolerance, what + " dq");
        dk.AssertClose(5 * tolerance, what + " dk");
        dv.AssertClose(5 * tolerance, what + " dv");
    }
}
