using Attune.Engine.Backends;

namespace Attune.Engine.Tests.Cpu;

/// <summary>Norms, lookups, losses, optimizer: kernels over rows.</summary>
public class RowTests
{
    [Fact]
    public void Norms_equal_the_specification_at_every_size()
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var cols in Sweep.Sizes.Where(static c => c > 0))
                foreach (var rows in new[] { 1, 5, 130 })
                    foreach (var beta in new[] { 0f, 0.5f })
                        Norm(cpu, rows, cols, beta);
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Rows_are_taken_and_given_by_index(DType type)
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var cols in Sweep.Sizes)
            {
                var table = Pair.Of(type, 23, cols, 1, 1);
                var rows = Pair.Integers([.. Enumerable.Range(0, 40).Select(static i => i * 7 % 23 / 2)]);
                var (y, into) = (Pair.Of(40, cols, 2, 1), Pair.Of(23, cols, 3, 1));
                cpu.Index.Gather(table.Cpu, rows, y.Cpu);
                Sweep.Reference.Index.Gather(table.Exact, rows, y.Exact);
                y.AssertClose(0, $"{cpu.LaneBits} bit gather {cols}");
                cpu.Index.ScatterAdd(y.Cpu, rows, into.Cpu);
                Sweep.Reference.Index.ScatterAdd(y.Exact, rows, into.Exact);
                into.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit scatter {cols}");
            }
    }

    [Fact]
    public void Norms_of_adapted_rows_equal_the_specification_at_every_size()
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var rows in Sweep.Sizes)
                foreach (var rank in new[] { 0, 1, 5 })
                {
                    var (squares, b, h, norms) = (Pair.Of(1, rows, 1, 0, static v => 40 + v), Pair.Of(rows, rank, 2, 1), Pair.Of(rank, rows, 3, 1), Pair.Of(1, rows, 4));
                    cpu.Norms.LowRankNorms(squares.Cpu, b.Cpu, h.Cpu, norms.Cpu);
                    Sweep.Reference.Norms.LowRankNorms(squares.Exact, b.Exact, h.Exact, norms.Exact);
                    norms.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit, {rows} rows of rank {rank}");
                }
    }

    [Fact]
    public void Indices_outside_the_table_are_refused()
    {
        var cpu = new CpuBackend(1);
        var (table, y) = (Pair.Of(5, 3, 1), Pair.Of(2, 3, 2));
        foreach (var bad in new[] { -1, 5 })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => cpu.Index.Gather(table.Cpu, Pair.Integers([0, bad]), y.Cpu));
            Assert.Throws<ArgumentOutOfRangeException>(() => cpu.Index.ScatterAdd(y.Cpu, Pair.Integers([0, bad]), table.Cpu));
            Assert.Throws<ArgumentOutOfRangeException>(() => cpu.Loss.CrossEntropy(
                Pair.Of(2, 5, 1).Cpu, Pair.Integers([0, bad]), Pair.Of(1, 2, 2).Cpu, 1, Pair.Of(1, 2, 3).Cpu, false));
        }
    }

    [Fact]
    public void Cross_entropy_equals_the_specification_at_every_size()
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var cols in Sweep.Sizes.Where(static c => c > 0).Append(1000))
                foreach (var gradients in new[] { false, true })
                {
                    const int rows = 7;
                    var logits = Pair.Of(rows, cols, 1, 1, static x => 20 * x);
                    var targets = Pair.Integers([.. Enumerable.Range(0, rows).Select(i => i * 31 % cols)]);
                    var (weights, losses) = (Pair.Of(1, rows, 2, 0, Math.Abs), Pair.Of(1, rows, 3));
                    if (cols > 2)
                    {
                        logits.Set(1, cols - 1, float.NaN);
                        logits.Set(2, cols / 2, float.NegativeInfinity);
                        logits.Set(3, 0, -0f);
                    }
                    weights.Set(0, 4, 0);
                    // Smoothed and not, in turn.
                    var smoothing = cols % 3 == 0 ? 0.2f : 0;
                    cpu.Loss.CrossEntropy(logits.Cpu, targets, weights.Cpu, 0.25f, losses.Cpu, gradients, smoothing);
                    Sweep.Reference.Loss.CrossEntropy(logits.Exact, targets, weights.Exact, 0.25f, losses.Exact, gradients, smoothing);
                    losses.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit losses {cols}");
                    logits.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit gradients {cols}");
                }
    }

    public static TheoryData<float, float, float> Divergences => new()
    {
        { 1, 0, 0 }, { 0, 1, 1 }, { 0.3f, 0.7f, 0.3f }, { 1, 0, 0.1f }, { 0, 1, 0.9f },
    };

    [Theory]
    [MemberData(nameof(Divergences))]
    public void Divergences_equal_the_specification_at_every_size(float a, float b, float c)
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var cols in Sweep.Sizes.Where(static c => c > 0).Append(1000))
                foreach (var gradients in new[] { false, true })
                {
                    const int rows = 7;
                    var (logits, teacher) = (Pair.Of(rows, cols, 1, 1, static x => 20 * x), Pair.Of(rows, cols, 2, 1, static x => 10 * x));
                    var (weights, losses) = (Pair.Of(1, rows, 3, 0, Math.Abs), Pair.Of(1, rows, 4));
                    if (cols > 2)
                    {
                        logits.Set(1, cols - 1, float.NaN);
                        teacher.Set(2, cols / 2, float.NaN);
                        logits.Set(3, cols / 2, float.NegativeInfinity);
                        teacher.Set(4, 0, float.NegativeInfinity);
                        teacher.Set(5, 1, -0f);
                    }
                    weights.Set(0, 6, 0);
                    var what = $"{cpu.LaneBits} bit {cols} columns";
                    cpu.Loss.Divergence(logits.Cpu, teacher.Cpu, weights.Cpu, new(a, b, c), 1.5f, 0.25f, losses.Cpu, gradients);
                    Sweep.Reference.Loss.Divergence(logits.Exact, teacher.Exact, weights.Exact, new(a, b, c), 1.5f, 0.25f, losses.Exact, gradients);
                    // Differences of logarithms as large as the logits: each has the rounding of its size.
                    losses.AssertClose(20 * Sweep.Tolerance(DType.F32), "losses, " + what);
                    teacher.AssertClose(20 * Sweep.Tolerance(DType.F32), "gradients, " + what);
                    logits.AssertClose(0, "the student's rows stay, " + what);
                }
    }

    [Theory]
    [InlineData(RowDistance.Squared)]
    [InlineData(RowDistance.Cosine)]
    public void Distances_equal_the_specification_at_every_size(RowDistance distance)
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var cols in Sweep.Sizes.Where(static c => c > 0).Append(1000))
                foreach (var gradients in new[] { false, true })
                {
                    const int rows = 8;
                    var (x, targets) = (Pair.Of(rows, cols, 1, 1, static x => 20 * x), Pair.Of(rows, cols, 2, 1, static x => 10 * x));
                    var (weights, losses) = (Pair.Of(1, rows, 3, 0, Math.Abs), Pair.Of(1, rows, 4));
                    for (var c = 0; c < cols; c++)
                    {
                        x.Set(3, c, 0);
                        targets.Set(4, c, 0);
                        x.Set(5, c, 2e-25f * (c + 1));
                        // Nearly where it is to be: no difference of large sums.
                        x.Set(7, c, 3 + 0.25f * (c % 3));
                        targets.Set(7, c, 3 + 0.25f * (c % 3) + 1 / 1024f);
                    }
                    if (cols > 2)
                    {
                        x.Set(1, cols - 1, float.NaN);
                        targets.Set(2, cols / 2, float.NegativeInfinity);
                    }
                    weights.Set(0, 6, 0);
                    var what = $"{cpu.LaneBits} bit {cols} columns";
                    cpu.Loss.Distance(x.Cpu, targets.Cpu, weights.Cpu, distance, 0.25f, losses.Cpu, gradients);
                    Sweep.Reference.Loss.Distance(x.Exact, targets.Exact, weights.Exact, distance, 0.25f, losses.Exact, gradients);
                    losses.AssertClose(4 * Sweep.Tolerance(DType.F32), "losses, " + what);
                    x.AssertClose(4 * Sweep.Tolerance(DType.F32), "gradients, " + what);
                    targets.AssertClose(0, "the targets stay, " + what);
                }
    }

    [Fact]
    public void Optimizer_equals_the_specification_at_every_size()
    {
        foreach (var cpu in Sweep.Widths())
            foreach (var cols in Sweep.Sizes.Append(70_001))
            {
                var (w, g, m) = (Pair.Of(1, cols, 1), Pair.Of(1, cols, 2), Pair.Of(1, cols, 3));
                var v = Pair.Of(1, cols, 4, 0, Math.Abs);
                var step = new AdamWStep(1e-2f, 0.9f, 0.999f, 1e-6f, 0.1f, 3, 0.5f);
                cpu.Optimizer.AdamW(w.Cpu, g.Cpu, m.Cpu, v.Cpu, step);
                Sweep.Reference.Optimizer.AdamW(w.Exact, g.Exact, m.Exact, v.Exact, step);
                foreach (var x in new[] { w, m, v })
                    x.AssertClose(Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit AdamW {cols}");
                Assert.Equal(Sweep.Reference.Optimizer.SumOfSquares(g.Exact), cpu.Optimizer.SumOfSquares(g.Cpu), 1e-7 * Math.Max(1, cols));
                Assert.Equal(Sweep.Reference.Optimizer.Sum(g.Exact), cpu.Optimizer.Sum(g.Cpu), 1e-7 * Math.Max(1, cols));
            }
    }

    private static void Norm(CpuBackend cpu, int rows, int cols, float beta)
    {
        var (fast, exact) = (cpu.Norms, Sweep.Reference.Norms);
        var (tolerance, what) = (Sweep.Tolerance(DType.F32), $"{cpu.LaneBits} bit [{rows}, {cols}]");
        var (x, y, dy) = (Pair.Of(rows, cols, 1, 1), Pair.Of(rows, cols, 2, 2), Pair.Of(rows, cols, 3, 1));
        var (w, b) = (Pair.Of(DType.BF16, 1, cols, 4), Pair.Of(1, cols, 5));
        var (mean, rstd) = (Pair.Of(1, rows, 6), Pair.Of(1, rows, 7));
        var (dx, dw, db) = (Pair.Of(rows, cols, 8), Pair.Of(1, cols, 9), Pair.Of(1, cols, 10));

        fast.RmsNorm(x.Cpu, w.Cpu, 1e-3f, y.Cpu, rstd.Cpu);
        exact.RmsNorm(x.Exact, w.Exact, 1e-3f, y.Exact, rstd.Exact);
        y.AssertClose(tolerance, what + " rms norm");
        rstd.AssertClose(tolerance, what + " rms rstd");
        fast.RmsNormBackward(dy.Cpu, x.Cpu, w.Cpu, rstd.Cpu, dx.Cpu, beta, dw.Cpu, beta);
        exact.RmsNormBackward(dy.Exact, x.Exact, w.Exact, rstd.Exact, dx.Exact, beta, dw.Exact, beta);
        dx.AssertClose(5 * tolerance, what + " rms dx");
        dw.AssertClose(5 * tolerance, what + " rms dw");

        fast.LayerNorm(x.Cpu, w.Cpu, b.Cpu, 1e-3f, y.Cpu, mean.Cpu, rstd.Cpu);
        exact.LayerNorm(x.Exact, w.Exact, b.Exact, 1e-3f, y.Exact, mean.Exact, rstd.Exact);
        y.AssertClose(tolerance, what + " layer norm");
        mean.AssertClose(tolerance, what + " mean");
        fast.LayerNormBackward(dy.Cpu, x.Cpu, w.Cpu, mean.Cpu, rstd.Cpu, dx.Cpu, beta, dw.Cpu, beta, db.Cpu, beta);
        exact.LayerNormBackward(dy.Exact, x.Exact, w.Exact, mean.Exact, rstd.Exact, dx.Exact, beta, dw.Exact, beta, db.Exact, beta);
        dx.AssertClose(5 * tolerance, what + " layer dx");
        dw.AssertClose(5 * tolerance, what + " layer dw");
        db.AssertClose(5 * tolerance, what + " layer db");
    }
}
