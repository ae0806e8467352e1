using System.Runtime.InteropServices;
using Attune.Engine.Backends;

namespace Attune.Engine.Tests.Cpu;

/// <summary>The same bits on any number of threads and beside any neighbours, and no allocation.</summary>
public class DeterminismTests
{
    /// <summary>Every kernel family, each writing to its outputs from the same inputs.</summary>
    public static TheoryData<string> Cases => [.. Calls.Keys];

    private static readonly AttentionPlan plan = AttentionPlan.Packed([70, 331]);
    private static readonly AttentionShape shape = new(4, 2, 20, 0.2f);

    private static Dictionary<string, Func<Action<Backend>>> Calls => new()
    {
        ["product"] = static () => Product(201, 333, 700, false, true),
        ["product of transposed"] = static () => Product(90, 50, 201, true, false),
        ["narrow product"] = static () => Product(400, 16, 100, false, true),
        ["few rows"] = static () => Product(3, 333, 700, false, true),
        ["attention"] = static () =>
        {
            var (q, k, v) = (New(401, 80, 1), New(401, 40, 2), New(401, 40, 3));
            var (o, lse, dO) = (New(401, 80, 4), New(4, 401, 5), New(401, 80, 6));
            var (dq, dk, dv) = (New(401, 80, 7), New(401, 40, 8), New(401, 40, 9));
            return Remember(b =>
            {
                b.Attention.Attention(q, k, v, plan, shape, o, lse, Workspace);
                b.Attention.AttentionBackward(dO, q, k, v, o, lse, plan, shape, dq, 0, dk, 0, dv, 0, Workspace);
            }, o, lse, dq, dk, dv);
        },
        ["norms"] = static () =>
        {
            var (x, w, y, dy) = (New(300, 130, 1), New(1, 130, 2), New(300, 130, 3), New(300, 130, 4));
            var (mean, rstd, dx, dw, db) = (New(1, 300, 5), New(1, 300, 6), New(300, 130, 7), New(1, 130, 8), New(1, 130, 9));
            return Remember(b =>
            {
                b.Norms.LayerNorm(x, w, w, 1e-5f, y, mean, rstd);
                b.Norms.LayerNormBackward(dy, x, w, mean, rstd, dx, 0, dw, 0, db, 0);
                b.Norms.RmsNorm(y, w, 1e-5f, y, rstd);
                b.Norms.RmsNormBackward(dy, x, w, rstd, dx, 1, dw, 1);
            }, y, mean, rstd, dx, dw, db);
        },
        ["pointwise"] = static () =>
        {
            var (x, y, z, sum, g, u) = (New(300, 131, 1), New(300, 131, 2), New(300, 131, 3), New(1, 131, 4), New(300, 131, 5), New(300, 131, 6));
            return Remember(b =>
            {
                b.Pointwise.Gate(Activation.Silu, x, y, z);
                b.Pointwise.GateBackward(Activation.Gelu, x, y, z, g, 0, u, 0);
                b.Pointwise.Dropout(g, 0.2f, new RandomKey(3, 4), null, u, 1);
                b.Pointwise.AddScaled(u, 0.3f, z, 1);
                b.Pointwise.AddBias(z, sum);
                b.Pointwise.SumRows(z, sum, 0);
            }, z, g, u, sum);
        },
        ["rows"] = static () =>
        {
            var (table, x, weights, losses) = (New(50, 70, 1), New(90, 70, 2), New(1, 90, 3), New(1, 90, 4));
            var ids = Pair.Integers([.. Enumerable.Range(0, 90).Select(static i => i * i % 50)]);
            return Remember(b =>
            {
                b.Index.ScatterAdd(x, ids, table);
                b.Index.Gather(table, ids, x);
                b.Loss.CrossEntropy(x, ids, weights, 0.1f, losses, true);
            }, table, x, losses);
        },
        ["divergence"] = static () =>
        {
            var (x, teacher, weights, losses) = (New(90, 70, 1), New(90, 70, 2), New(1, 90, 3), New(1, 90, 4));
            return Remember(b => b.Loss.Divergence(x, teacher, weights, new(0.5f, 0.5f, 0.5f), 2, 0.1f, losses, true), teacher, losses);
        },
        ["distance"] = static () =>
        {
            var (x, targets, weights, losses) = (New(90, 70, 1), New(90, 70, 2), New(1, 90, 3), New(1, 90, 4));
            return Remember(b => b.Loss.Distance(x, targets, weights, RowDistance.Cosine, 0.1f, losses, true), x, losses);
        },
        ["optimizer"] = static () =>
        {
            var (w, g, m, v, sums) = (New(1, 70_001, 1), New(1, 70_001, 2), New(1, 70_001, 3), New(1, 70_001, 4), New(1, 2, 5));
            return Remember(b =>
            {
                b.Optimizer.AdamW(w, g, m, g, new AdamWStep(1e-3f, 0.9f, 0.99f, 1e-8f, 0.1f, 2, 1));
                sums.At<float>(0, 0) = (float)b.Optimizer.SumOfSquares(w);
                sums.At<float>(0, 1) = (float)b.Optimizer.Sum(w);
            }, w, m, v, sums);
        },
    };

    private static readonly Tensor Workspace = Tensor.Allocate(DType.U8, 1, 4 << 20);

    [ThreadStatic]
    private static Tensor[]? outputs;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bits_do_not_depend_on_the_number_of_threads(string name)
    {
        foreach (var bits in Sweep.Widths().Select(static b => b.LaneBits))
        {
            var results = new[] { 1, 2, 3, 8 }.Select(threads =>
            {
                Calls[name]()(new CpuBackend(threads, bits));
                return outputs!.SelectMany(static t => t.ToArray()).ToArray();
            }).ToArray();
            for (var i = 1; i < results.Length; i++)
                Assert.True(MemoryMarshal.AsBytes<float>(results[0]).SequenceEqual(MemoryMarshal.AsBytes<float>(results[i])), $"{name} at {bits} bit");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Nothing_is_allocated(string name)
    {
        var backend = new CpuBackend(2);
        var call = Calls[name]();
        call(backend);
        call(backend);
        var start = GC.GetAllocatedBytesForCurrentThread();
        call(backend);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - start);
    }

    [Fact]
    public void A_row_does_not_depend_on_its_neighbours()
    {
        foreach (var cpu in Sweep.Widths())
        {
            // Few rows are another path: compared among themselves.
            foreach (var (rows, alone) in new[] { (100, 7), (4, 1) })
            {
                var (a, w, c, cAlone) = (New(rows, 300, 1), New(70, 300, 2), New(rows, 70, 3), New(alone, 70, 4));
                cpu.Matrix.Product(a, false, w, true, c, 1, 0, Workspace);
                cpu.Matrix.Product(a.RowRange(rows - alone, alone), false, w, true, cAlone, 1, 0, Workspace);
                for (var r = 0; r < alone; r++)
                    Assert.Equal(c.Row<float>(rows - alone + r), cAlone.Row<float>(r));
            }
            foreach (var type in new[] { DType.BF16, DType.F16, DType.Q8_0, DType.Q4_0, DType.Q6_K, DType.Int8, DType.NF4 })
            {
                var (a, w, c, cAlone) = (New(4, 768, 1), Tensor.Allocate(type, 70, 768), New(4, 70, 3), New(1, 70, 4));
                w.Write(New(70, 768, 2).ToArray());
                cpu.Matrix.Product(a, false, w, true, c, 1, 0, Workspace);
                cpu.Matrix.Product(a.RowRange(2, 1), false, w, true, cAlone, 1, 0, Workspace);
                Assert.Equal(c.Row<float>(2), cAlone.Row<float>(0));
            }
            var (q, k, v, o, oAlone) = (New(401, 80, 1), New(401, 40, 2), New(401, 40, 3), New(401, 80, 4), New(331, 80, 4));
            cpu.Attention.Attention(q, k, v, plan, shape, o, null, Workspace);
            cpu.Attention.Attention(
                q.RowRange(70, 331), k.RowRange(70, 331), v.RowRange(70, 331), AttentionPlan.Packed([331]), shape, oAlone, null, Workspace);
            for (var r = 0; r < 331; r++)
                Assert.Equal(o.Row<float>(70 + r), oAlone.Row<float>(r));
        }
    }

    private static Action<Backend> Product(int m, int n, int k, bool transposeA, bool transposeB)
    {
        var (a, b, c) = (transposeA ? New(k, m, 1) : New(m, k, 1), transposeB ? New(n, k, 2) : New(k, n, 2), New(m, n, 3));
        return Remember(x => x.Matrix.Product(a, transposeA, b, transposeB, c, 1, 0.5f, Workspace), c);
    }

    private static Action<Backend> Remember(Action<Backend> call, params Tensor[] written)
    {
        outputs = written;
        return call;
    }

    private static Tensor New(int rows, int cols, int seed) => Pair.Of(rows, cols, seed).Cpu;
}
