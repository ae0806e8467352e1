using System.Text.Json;
using Attune.Data;
using Attune.Distillation;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Tests.Formats;

namespace Attune.Tests.Distillation;

/// <summary>Universal logit distillation against PyTorch, central differences, and what a lower bound must be.</summary>
public sealed class SortedLossTests : IDisposable
{
    private static readonly Example Three = new([1, 2, 3, 4], [false, true, true, true], "rows", 1, 0);
    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    /// <summary>With the teacher's whole vocabulary it is the paper's loss, whichever side is the larger.</summary>
    [Fact]
    public void It_is_PyTorchs()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "tests", "Fixtures", "uld.json")));
        foreach (var (n, expected) in json.RootElement.EnumerateArray().Index())
        {
            var (student, teacher) = (Matrix(expected, "student"), Matrix(expected, "teacher"));
            var (losses, gradients) = Run($"f{n}", student, teacher, teacher[0].Length, expected.GetProperty("temperature").GetSingle());
            var (loss, gradient) = (expected.GetProperty("loss"), Matrix(expected, "gradient"));
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(loss[i].GetDouble(), losses[i], 1.5e-3);
                Assert.All(gradient[i].Zip(gradients[i]), static p => Assert.Equal(p.First, p.Second, 1.5e-3));
            }
        }
    }

    [Fact]
    public void Its_gradient_is_that_of_central_differences_and_what_is_left_out_makes_it_smaller()
    {
        var random = new Random(3);
        float[][] Draw(int size) => [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, size).Select(_ => (float)(4 * random.NextDouble() - 2)).ToArray())];
        var (student, teacher) = (Draw(14), Draw(11));
        var before = 0.0;
        foreach (var kept in (int[])[2, 4, 8, 11])
        {
            var (losses, gradients) = Run($"k{kept}", student, teacher, kept, 1.4f);
            for (var i = 0; i < 3; i++)
            {
                var z = student[i].Select(static x => (double)x).ToArray();
                Assert.Equal(Distance(z, teacher[i], kept, 1.4), losses[i], 1.5e-3);
                for (var k = 0; k < z.Length; k++)
                {
                    double At(double step) => Distance([.. z.Select((x, n) => n == k ? x + step : x)], teacher[i], kept, 1.4);
                    Assert.Equal((At(1e-6) - At(-1e-6)) / 2e-6, gradients[i][k], 1.5e-3);
                }
            }
            Assert.InRange(losses.Sum(), before, 3 * 2 * 1.4 * 1.4);
            before = losses.Sum() - 1e-3;
        }
    }

    [Fact]
    public void A_token_without_a_counterpart_learns_from_its_label_alone()
    {
        var (losses, gradients) = Run("none", [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]], [[1, 5, 2], [1, 5, 2], [1, 5, 2]], 2, 1, nothing: 1, labels: 0.25f);
        var labels = 0.25 * Math.Log(Enumerable.Range(-4, 5).Sum(static x => Math.Exp(x))) + 0.25 * 4;
        Assert.Equal(labels, losses[1], 1e-5);
        Assert.Equal(0, gradients[1].Sum(), 1e-5);
        Assert.True(losses[0] > labels + 0.1);
    }

    private (float[] Losses, float[][] Gradients) Run(string name, float[][] student, float[][] teacher, int kept, float temperature, int nothing = -1, float labels = 0)
    {
        var (index, zeros) = (LogitsIndex.Of([Three]), new string('0', 64));
        var header = new LogitsHeader
        {
            Vocabulary = teacher[0].Length,
            Sorted = true,
            Kept = kept,
            Temperature = temperature,
            Examples = 1,
            Rows = 3,
            Tokenizer = zeros,
            Template = zeros,
            Teacher = zeros,
            Data = index.Hash,
            Name = "made",
        };
        using (var writer = LogitsWriter.Open(temp.File(name), header, index))
        {
            var bytes = new byte[3 * header.RowBytes];
            for (var i = 0; i < 3; i++)
            {
                var row = bytes.AsSpan(i * header.RowBytes, header.RowBytes);
                if (i == nothing)
                    TopTokens.EncodeNothing(row);
                else
                    new TopTokens(header).Encode(teacher[i], row);
            }
            writer.CutTo(0);
            writer.Append(bytes);
            writer.Finish();
        }
        using var file = LogitsFile.Open(temp.File(name));
        using var arena = Arena.OfBytes(1 << 20);
        using var tape = new Tape(CpuBackend.Shared(1), arena, record: false);
        var logits = Tensor.Allocate(DType.F32, 3, student[0].Length);
        var (targets, weights, losses) = (Tensor.Allocate(DType.I32, 1, 3), Tensor.Allocate(DType.F32, 1, 3), Tensor.Allocate(DType.F32, 1, 3));
        for (var i = 0; i < 3; i++)
            student[i].CopyTo(logits.Row<float>(i));
        weights.Row<float>(0).Fill(1);
        new SortedLoss(new CrossEntropyLoss(), file, [0, 1, 2], labels).Run(tape, new LossRows(logits, 0, 3, targets, weights, losses, 1, true));
        return (losses.ToArray(), [.. Enumerable.Range(0, 3).Select(i => logits.Row<float>(i).ToArray())]);
    }

    // The formula of SortedLoss, in F64 and with whole sorts.
    private static double Distance(double[] z, float[] teacher, int kept, double temperature)
    {
        double[] Sorted(IEnumerable<double> logits)
        {
            var e = logits.Select(x => Math.Exp(x / temperature)).OrderDescending().ToArray();
            return [.. e.Select(x => x / e.Sum())];
        }
        var (p, q) = (Sorted(teacher.Select(static x => (double)x)), Sorted(z));
        // As the file rounds it: where both sides are all but equal, the sign would be another.
        double Kept(int j) => Math.Exp((double)(Half)Math.Log(p[j]));
        return temperature * temperature * (Enumerable.Range(0, kept).Sum(j => Math.Abs(Kept(j) - q[j])) + Math.Abs(p[kept..].Sum() - q[kept..].Sum()));
    }

    private static float[][] Matrix(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(static r => r.EnumerateArray().Select(static x => x.GetSingle()).ToArray())];
}
