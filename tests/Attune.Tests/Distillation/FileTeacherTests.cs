using Attune.Data;
using Attune.Distillation;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Objectives;
using Attune.Problems;
using Attune.Tests.Formats;
using Attune.Training;

namespace Attune.Tests.Distillation;

/// <summary>A file gives what its teacher gave, within what it leaves out.</summary>
public sealed class FileTeacherTests
{
    public static TheoryData<string> Names => [.. Divergences.All.Select(static d => d.Name)];

    /// <summary>With every token kept, loss and gradients are those of the teacher in memory, within the rounding of F16.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_whole_distribution_is_the_teacher(string name)
    {
        using var rig = new LogitsRig();
        foreach (var temperature in (double[])[1, 1.7])
        {
            var (online, file) = (rig.Step(LogitsRig.Options(rig.Online, Named(name), temperature)), rig.Step(LogitsRig.Options(rig.Open(rig.Write($"all-{temperature}", rig.Vocabulary, temperature)), Named(name), temperature)));
            Assert.Equal(online.Loss, file.Loss, 2e-3 * online.Loss);
            Assert.True(Distance(online.Gradients, file.Gradients) < 4e-3, $"{Distance(online.Gradients, file.Gradients)}");
        }
    }

    /// <summary>What is left out makes the divergence smaller, never larger, and ever less so the more is kept.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Fewer_tokens_are_a_lower_bound(string name)
    {
        using var rig = new LogitsRig();
        var online = rig.Step(LogitsRig.Options(rig.Online, Named(name), 1));
        var (before, far) = (0.0, double.PositiveInfinity);
        foreach (var kept in (int[])[1, 8, 64, 200, rig.Vocabulary])
        {
            var (loss, gradients) = rig.Step(LogitsRig.Options(rig.Open(rig.Write($"top-{kept}", kept)), Named(name), 1));
            Assert.InRange(loss, before, online.Loss * 1.002);
            Assert.InRange(Distance(online.Gradients, gradients), 0, far);
            (before, far) = (loss, Distance(online.Gradients, gradients) + 1e-3);
        }
        Assert.InRange(before, online.Loss * 0.998, online.Loss * 1.002);
    }

    /// <summary>Loss and gradient against K + 1 outcomes in F64, by central differences.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void The_rest_is_one_outcome(string name)
    {
        const int vocabulary = 13, kept = 4, rows = 3;
        const float temperature = 1.6f;
        using var temp = new TempFolder();
        var random = new Random(5);
        float[][] Draw() => [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, vocabulary).Select(_ => (float)(4 * random.NextDouble() - 2)).ToArray())];
        var (teacher, student) = (Draw(), Draw());
        var example = new Example([1, 2, 3, 4, 5], [false, false, true, true, true], "rows", 1, 0);
        using var file = FileOf(temp.File("f"), example, teacher, kept, temperature);
        using var arena = Arena.OfBytes(1 << 20);
        using var tape = new Tape(CpuBackend.Shared(1), arena, record: false);
        var logits = Tensor.Allocate(DType.F32, rows, vocabulary);
        var (targets, weights, losses) = (Tensor.Allocate(DType.I32, 1, rows), Tensor.Allocate(DType.F32, 1, rows), Tensor.Allocate(DType.F32, 1, rows));
        for (var i = 0; i < rows; i++)
            student[i].CopyTo(logits.Row<float>(i));
        weights.Row<float>(0).Fill(1);
        var source = new FileTeacher(file, "f", [example]).For(tape, new PassInput(Batch.Of([example], [0]), 16));
        new DistillationLoss(null, source, weights, Named(name), temperature).Run(tape, new LossRows(logits, 0, rows, targets, weights, losses, 1, true));
        for (var i = 0; i < rows; i++)
        {
            var z = student[i].Select(static x => (double)x).ToArray();
            Assert.Equal(Bucketed(z, teacher[i], kept, temperature, Named(name)), losses.Row<float>(0)[i], 1e-3);
            for (var j = 0; j < vocabulary; j++)
            {
                double At(double step) => Bucketed([.. z.Select((x, n) => n == j ? x + step : x)], teacher[i], kept, temperature, Named(name));
                Assert.Equal((At(1e-5) - At(-1e-5)) / 2e-5, logits.Row<float>(i)[j], 1e-3);
            }
        }
    }

    /// <summary>What a file takes of the arena is in the plan, and what it maps too.</summary>
    [Fact]
    [Trait("SilentFailure", "6")]
    public void The_arena_takes_what_was_planned_to_the_byte()
    {
        using var rig = new LogitsRig();
        var teacher = rig.Open(rig.Write("f", 8, 2));
        var options = LogitsRig.Options(teacher, Named("js"), 2, 0.5);
        var plan = MemoryPlan.Of(rig.Student, LogitsRig.Method, options, LogitsRig.Backend, 0, 0, 0);
        Assert.Equal(new FileInfo(rig.Tiny.FileOf("f")).Length, plan.Teacher);
        using var arena = Arena.OfBytes(plan.Arena);
        using var model = TrainingModel.Build(rig.Student, LogitsRig.Method, LogitsRig.Backend, arena);
        var batch = Batch.Of(rig.Examples, [.. Enumerable.Range(0, rig.Examples.Count).Where(i => i % 5 == 0).TakeWhile((_, n) => n < 5)]);
        new GradientStep(model, LogitsRig.Backend, arena, options with { PassRows = 256 }).Run(new OptimizerStep(default, [batch], batch.Rows, batch.TrainedTokens), 0, TestContext.Current.CancellationToken);
        Assert.InRange(arena.Peak, 0, plan.Persistent + plan.Activations);
        Assert.Equal(plan.Persistent, arena.InUse);
    }

    [Fact]
    public void A_row_that_the_file_does_not_know_is_named()
    {
        using var rig = new LogitsRig();
        var path = rig.Write("f", 8);
        var e = Assert.Throws<UserErrorException>(() => rig.Open(path, [.. rig.Examples, new Example([1, 2, 3], [false, true, true], "new.jsonl", 4, 0)]));
        Assert.Contains("knows 60 of 61 training rows, and not new.jsonl, row 4", e.Problems[0].Message);
    }

    private static Divergence Named(string name) => Divergences.Find(name) is var named ? named.Of(named.Usual ?? 0) : default;

    private static double Distance(float[] a, float[] b) =>
        Math.Sqrt(a.Zip(b, static (x, y) => ((double)x - y) * ((double)x - y)).Sum() / a.Sum(static x => (double)x * x));

    internal static LogitsFile FileOf(string path, Example example, float[][] logits, int kept, float temperature)
    {
        var index = LogitsIndex.Of([example]);
        var zeros = new string('0', 64);
        var header = new LogitsHeader
        {
            Vocabulary = logits[0].Length,
            Kept = kept,
            Temperature = temperature,
            Examples = 1,
            Rows = index.Rows,
            Tokenizer = zeros,
            Template = zeros,
            Teacher = zeros,
            Data = index.Hash,
            Name = "made",
        };
        using (var writer = LogitsWriter.Open(path, header, index))
        {
            var rows = new byte[index.Rows * header.RowBytes];
            for (var i = 0; i < index.Rows; i++)
                new TopTokens(header).Encode(logits[i], rows.AsSpan(i * header.RowBytes, header.RowBytes));
            writer.CutTo(0);
            writer.Append(rows);
            writer.Finish();
        }
        return LogitsFile.Open(path);
    }

    // T² · (A · KL(p ‖ m) + B · KL(q ‖ m)) over the K likeliest of the teacher and all others together.
    private static double Bucketed(double[] z, float[] teacher, int kept, double temperature, Divergence d)
    {
        int[] order = [.. Enumerable.Range(0, z.Length).OrderByDescending(i => teacher[i])];
        double[] Outcomes(Func<int, double> logit)
        {
            var all = order.Select(i => Math.Exp(logit(i) / temperature)).ToArray();
            return [.. all.Take(kept).Append(all.Skip(kept).Sum()).Select(x => x / all.Sum())];
        }
        var (p, q) = (Outcomes(i => teacher[i]), Outcomes(i => z[i]));
        double sum = 0;
        for (var i = 0; i < p.Length; i++)
        {
            var m = d.C * p[i] + (1 - d.C) * q[i];
            sum += d.A * p[i] * Math.Log(p[i] / m) + d.B * q[i] * Math.Log(q[i] / m);
        }
        return temperature * temperature * sum;
    }
}
