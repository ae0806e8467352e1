using System.Text.Json;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Objectives;
using Attune.Tests.Models;

namespace Attune.Tests.Objectives;

/// <summary>Every divergence, with temperature and labels, against what tests/Fixtures/make_distill.py lets PyTorch compute.</summary>
public class DistillationTests
{
    [Theory]
    [InlineData(TestBackends.F64, 3e-7)]
    [InlineData(TestBackends.Cpu, 2e-6)]
    public void Losses_and_gradients_are_those_of_PyTorch(string name, double tolerance)
    {
        var backend = TestBackends.Make(name);
        var golden = Golden();
        var names = new HashSet<string>();
        foreach (var expected in golden.GetProperty("cases").EnumerateArray())
        {
            double Number(string key) => expected.GetProperty(key).GetDouble();
            var named = Divergences.Find(expected.GetProperty("divergence").GetString()!);
            names.Add(named.Name);
            var (losses, gradients) = Run(backend, golden, new DistillationObjective(
                new Fixed(golden), named.Of(Number("parameter")), Number("temperature"), Number("label_weight")));
            Close(expected.GetProperty("losses"), losses, tolerance, $"{expected}");
            Close(expected.GetProperty("gradients"), gradients, tolerance, $"{expected}");
        }
        Assert.Equal(Divergences.All.Select(static d => d.Name).Order(), names.Order());
    }

    /// <summary>A source that knows the k largest and the mass of the rest, which it gives the student's proportions, is one of k + 1 outcomes.</summary>
    [Theory]
    [InlineData("forward-kl")]
    [InlineData("reverse-kl")]
    [InlineData("js")]
    [InlineData("skew-kl")]
    [InlineData("skew-reverse-kl")]
    public void A_tail_in_the_students_proportions_is_one_outcome(string name)
    {
        var divergence = Divergences.Find(name) is var named ? named.Of(named.Usual ?? 0) : default;
        var backend = TestBackends.Make(TestBackends.F64);
        double[] z = [0.3, -1, 2, 0.1, 0.7, -0.4], p = [0.5, 0.2], e = [.. z.Select(Math.Exp)];
        var tail = e.Skip(2).Sum();
        var (loss, gradient) = Divergence(backend, divergence, z, [Math.Log(p[0]), Math.Log(p[1]), .. e.Skip(2).Select(x => Math.Log(0.3 * x / tail))]);
        var (whole, parts) = Divergence(backend, divergence, [z[0], z[1], Math.Log(tail)], [Math.Log(p[0]), Math.Log(p[1]), Math.Log(0.3)]);
        Assert.Equal(whole, loss, 1e-6);
        for (var i = 0; i < z.Length; i++)
            Assert.Equal(i < 2 ? parts[i] : parts[2] * e[i] / tail, gradient[i], 1e-6);
    }

    private static (float[] Losses, float[] Gradients) Run(Backend backend, JsonElement golden, DistillationObjective distillation)
    {
        var (rows, vocabulary) = (golden.GetProperty("rows").GetInt32(), golden.GetProperty("vocabulary").GetInt32());
        var (logits, losses) = (Filled(backend, rows, vocabulary, golden.GetProperty("logits")), Tensor.Allocate(backend.Activation, 1, rows));
        var targets = Tensor.Allocate(DType.I32, 1, rows);
        targets.Write([.. golden.GetProperty("targets").EnumerateArray().Select(static t => t.GetInt32())]);
        using var arena = TestBackends.NewArena(1);
        using var tape = new Tape(backend, arena);
        var weights = Filled(backend, 1, rows, golden.GetProperty("weights"));
        Tensor Shares(double factor)
        {
            var shares = Tensor.Allocate(backend.Activation, 1, rows);
            shares.Write([.. weights.ToArray().Select(w => (float)(w * factor))]);
            return shares;
        }

        var loss = new DistillationLoss(
            (new CrossEntropyLoss(), Shares(distillation.LabelWeight)), distillation.Teacher.For(tape, null!), Shares(1 - distillation.LabelWeight),
            distillation.Divergence, (float)distillation.Temperature);
        loss.Run(tape, new LossRows(logits, 0, rows, targets, weights, losses, 1, Gradients: true));
        return (losses.ToArray(), logits.ToArray());
    }

    private static (double Loss, float[] Gradient) Divergence(Backend backend, Divergence divergence, double[] student, double[] teacher)
    {
        Tensor Row(double[] values)
        {
            var row = Tensor.Allocate(backend.Activation, 1, values.Length);
            row.Write([.. values.Select(static v => (float)v)]);
            return row;
        }

        var (other, losses) = (Row(teacher), Row([0]));
        backend.Loss.Divergence(Row(student), other, Row([1]), divergence, 1, 1, losses, gradients: true);
        return (losses.Read(0, 0), other.ToArray());
    }

    private static Tensor Filled(Backend backend, int rows, int cols, JsonElement values)
    {
        var tensor = Tensor.Allocate(backend.Activation, rows, cols);
        tensor.Write([.. values.EnumerateArray().Select(static v => v.GetSingle())]);
        return tensor;
    }

    private static void Close(JsonElement expected, float[] actual, double tolerance, string what)
    {
        double[] values = [.. expected.EnumerateArray().Select(static v => v.GetDouble())];
        Assert.Equal(values.Length, actual.Length);
        var size = values.Max(Math.Abs);
        for (var i = 0; i < values.Length; i++)
            Assert.True(Math.Abs(values[i] - actual[i]) <= Math.Max(tolerance, 6e-8) * size, $"{what}: {i} is {actual[i]:R}, expected {values[i]:R}");
    }

    private static JsonElement Golden() => JsonDocument.Parse(File.ReadAllText(ModelFixture.PathOf("distill.json"))).RootElement;

    /// <summary>The fixture's rows as a teacher.</summary>
    private sealed class Fixed(JsonElement golden) : ITeacher, ITeacherRows
    {
        public long Bytes => 0;

        public int Vocabulary => golden.GetProperty("shared").GetInt32();

        public ITeacherRows For(Tape t, PassInput input) => this;

        public void Fill(Tape t, LossRows student, Tensor rows) =>
            rows.Write([.. golden.GetProperty("teacher").EnumerateArray().Select(static v => v.GetSingle())]);
    }
}
