using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Recipes;
using Attune.Runs;
using Attune.Tests.Models;
using Attune.Training;

namespace Attune.Tests.Runs;

/// <summary>A teacher in memory with another tokenizer.</summary>
public sealed class SortedTeacherTests : IDisposable
{
    private static readonly string[] Steps = ["train.max_steps=3", "train.compute=f32"];

    private readonly TinyModel tiny = new();
    private readonly TinyModel other = new(seed: 11, family: "qwen2", vocabulary: 330);

    public void Dispose()
    {
        other.Dispose();
        tiny.Dispose();
    }

    /// <summary>It says what it writes into a file; and labels are smoothed beside it as beside any teacher, or none.</summary>
    [Fact]
    public void It_teaches_what_its_file_teaches_and_labels_are_smoothed_beside_both()
    {
        var path = tiny.FileOf("sorted.logits");
        using (var teacher = InferenceModel.Open(other.Path, null, null, CpuBackend.Shared(1)))
        using (var student = ModelContext.Open(tiny.Path))
            LogitsRun.Execute(teacher, new LogitsOptions { Data = [tiny.Data], Kept = SortedTeacher.Kept, Student = student, Output = path }, static _ => { }, static (_, _) => { }, TestContext.Current.CancellationToken);
        double Loss(string name, params string[] settings) => FirstLoss(tiny.Run(name, [.. settings, .. Steps]).Directory);
        var (online, file) = (Loss("online", Uld($"teacher={other.Path}")), Loss("file", Uld($"file={path}")));
        Assert.Equal(file, online, 1e-4);
        const string smoothing = "train.label_smoothing=0.6";
        var smoothed = Loss("smoothed", smoothing) - Loss("plain");
        Assert.NotInRange(smoothed, -0.01, 0.01);
        Assert.Equal(0.5 * smoothed, Loss("online smoothed", [.. Uld($"teacher={other.Path}"), smoothing]) - online, 1e-4);
        Assert.Equal(0.5 * smoothed, Loss("file smoothed", [.. Uld($"file={path}"), smoothing]) - file, 1e-4);
    }

    [Fact]
    [Trait("SilentFailure", "15")]
    public void It_resumes_bit_for_bit_and_is_not_measured_on_rows_that_it_does_not_read()
    {
        string[] settings = [.. Uld($"teacher={other.Path}"), "train.save_every=3", "train.eval_every=3", "train.keep_best=false"];
        var notices = new List<RunNotice>();
        var whole = TinyModel.Run(tiny.Recipe("whole", settings), notice: notices.Add);
        Stopped.After(tiny.Recipe("stopped", settings), 5);
        var resumed = TinyModel.Run(RecipeReader.ReadFile(Path.Combine(tiny.FileOf("stopped"), "recipe.yaml")), threads: 2, resume: tiny.FileOf("stopped"));
        Assert.Equal(TinyModel.Bytes(whole.Saved), TinyModel.Bytes(resumed.Saved));
        // Another split into passes is the same to rounding; another teacher is another run.
        Assert.NotEqual(TinyModel.Bytes(whole.Saved), TinyModel.Bytes(tiny.Run("base", [.. settings, $"objective.teacher={other.Make("second", seed: 12, vocabulary: 330)}"]).Saved));
        Assert.Null(whole.Record.Transfer);
        Assert.Contains(notices.OfType<NoticeText>(), static n => n.Text.Contains("of the trained tokens begin where one of the teacher's does", StringComparison.Ordinal));
    }

    /// <summary>Its passes are a phase before the student's, and planned: to the byte, whichever is the larger.</summary>
    [Theory]
    [InlineData(61, Keep.Saved)]
    [InlineData(300, Keep.Recompute)]
    [InlineData(600, Keep.Saved)]
    [Trait("SilentFailure", "6")]
    public void The_arena_takes_what_was_planned_to_the_byte(int rows, Keep keep)
    {
        using var folder = ModelFolder.Open(tiny.Path);
        using var setup = RunSetup.Prepare(tiny.Recipe("run", Uld($"teacher={other.Path}")), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        var method = new TuningMethod(null, false, 1);
        foreach (var backend in (Backend[])[CpuBackend.Shared(2), TestBackends.BF16(2)])
        {
            var options = setup.Steps.Options with { PassRows = rows, Keep = keep };
            var plan = MemoryPlan.Of(folder, method, options, backend, 0, 0, 0);
            foreach (var (length, trained) in ((int, int)[])[(Math.Min(rows, 150), Math.Min(rows, 100)), (rows / 3, 2), (2, 1)])
            {
                using var arena = Arena.OfBytes(plan.Arena);
                using var model = TrainingModel.Build(folder, method, backend, arena);
                new GradientStep(model, backend, arena, options).Run(Rows(rows, length, trained), 0, TestContext.Current.CancellationToken);
                Assert.Equal(plan.Persistent + plan.Activations, arena.Peak);
                Assert.Equal(plan.Persistent, arena.InUse);
            }
        }
    }

    private static string[] Uld(string source) => ["objective.kind=distill", $"objective.{source}", "objective.divergence=uld"];

    private static double FirstLoss(string run) => System.Text.Json.JsonDocument.Parse(
        File.ReadLines(Path.Combine(run, "metrics.jsonl")).First(static l => l.Contains("gradient_norm", StringComparison.Ordinal))).RootElement.GetProperty("loss").GetDouble();

    // Of nobody: the teacher reads them as they are.
    private static OptimizerStep Rows(int rows, int length, int trained)
    {
        Example[] examples = [.. Enumerable.Range(0, Math.Max(1, rows / length)).Select(i => new Example(
            [.. Enumerable.Range(0, length + 1).Select(j => (i * 31 + j * 7) % 260)], [.. Enumerable.Range(0, length + 1).Select(j => j > length - trained)], "rows", 0, (ulong)i))];
        var batch = Batch.Of(examples, [.. Enumerable.Range(0, examples.Length)]);
        return new OptimizerStep(default, [batch], batch.Rows, batch.TrainedTokens);
    }
}
