using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>What a run may be gone on with, and who may.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void A_finished_run_is_left_as_it_is()
    {
        var run = tiny.Run("run");
        var before = Files(run.Directory);
        var problem = Assert.Single(Assert.Throws<UserErrorException>(() => Resume("run")).Problems);
        Assert.Contains("is finished", problem.Message, StringComparison.Ordinal);
        Assert.Contains("attune export", problem.Remedy, StringComparison.Ordinal);
        Assert.Equal(before, Files(run.Directory));
    }

    /// <summary>Rows that are only measured belong to a run as those that are trained: one that is chosen and reported by two sets of rows is no run.</summary>
    [Theory]
    [InlineData("train", "training rows", true)]
    [InlineData("valid", "validation rows", true)]
    [InlineData("test", "test rows", true)]
    [InlineData("train", "training rows", false)]
    public void A_run_does_not_go_on_with_other_rows(string changed, string named, bool withCheckpoint)
    {
        foreach (var (name, skip) in new[] { ("train", 0), ("valid", 40), ("test", 50) })
            File.WriteAllLines(tiny.FileOf(name + ".jsonl"), File.ReadLines(tiny.Data).Skip(skip).Take(name == "train" ? 40 : 10));
        Stopped.After(tiny.Recipe("run", $"data.train={tiny.FileOf("train.jsonl")}", $"data.valid={tiny.FileOf("valid.jsonl")}", $"data.test={tiny.FileOf("test.jsonl")}"), 5);
        if (!withCheckpoint)
            Directory.Delete(tiny.FileOf("run/checkpoints"), recursive: true);
        var rows = File.ReadAllText(tiny.FileOf(changed + ".jsonl"));
        File.WriteAllText(tiny.FileOf(changed + ".jsonl"), rows.Replace("kettle", "bottle", StringComparison.Ordinal));
        var problem = Assert.Single(Assert.Throws<UserErrorException>(() => Resume("run")).Problems);
        Assert.Contains($"begun with other {named};", problem.Message, StringComparison.Ordinal);
        File.WriteAllText(tiny.FileOf(changed + ".jsonl"), rows);
        Assert.True(Resume("run").Record.Metrics.Count > 0);
    }

    [Fact]
    public void A_run_whose_longest_row_is_the_pass_goes_on_to_the_same_bytes()
    {
        string[] settings = ["data.max_length=190", "train.batch_tokens=128", "train.micro_batch_tokens=auto"];
        var whole = tiny.Run("whole", settings);
        Stopped.After(tiny.Recipe("run", settings), 5);
        Assert.Equal(TinyModel.Bytes(whole.Saved), TinyModel.Bytes(Resume("run").Saved));
    }

    [Fact]
    public void A_folder_is_held_by_one_process_from_the_first_row_that_is_read_to_the_end()
    {
        var recipe = tiny.Recipe("run");
        var tried = 0;
        var run = TinyModel.Run(recipe, notice: _ =>
        {
            var at = RunDirectory.At(recipe.Output!);
            var problem = Assert.Single(Assert.Throws<UserErrorException>(() => (at.IsBegun ? RunHold.OfUnfinished(recipe.Output!) : RunHold.OfNew(recipe.Output, "m", "d", TimeProvider.System)).Dispose()).Problems);
            Assert.Contains("another process", problem.Message, StringComparison.Ordinal);
            tried++;
        });
        Assert.True(tried > 20);
        Assert.False(File.Exists(RunDirectory.At(run.Directory).Lock));
        Assert.DoesNotContain(Manifest.Load(RunDirectory.At(run.Directory).Manifest).Files, static f => f.Path.Contains("run.lock", StringComparison.Ordinal));
    }

    /// <summary>What is wrong is said while nothing is written; a process that died has left its lock, and holds nothing.</summary>
    [Fact]
    public void Nothing_stays_of_a_hold()
    {
        Assert.Throws<UserErrorException>(() => tiny.Run("deep/run", "data.train_fraction=0.0001"));
        Assert.False(Directory.Exists(tiny.FileOf("deep")));
        Directory.CreateDirectory(tiny.FileOf("run"));
        File.WriteAllText(tiny.FileOf("run/run.lock"), "");
        tiny.Run("run", "train.max_steps=1");
        Assert.False(File.Exists(tiny.FileOf("run/run.lock")));
    }

    /// <summary>Rows longer than what is compared, and a form that cannot be written: the training is not lost for it, and nobody takes the result for whole.</summary>
    [Fact]
    public void What_cannot_be_exported_is_told_by_a_finished_run()
    {
        var rows = tiny.FileOf("long.jsonl");
        File.WriteAllLines(rows, Enumerable.Range(0, 24).Select(static i => $$"""{"messages":[{"role":"user","content":"{{string.Concat(Enumerable.Range(0, 165).Select(c => (char)('a' + (c * 7 + i) % 26)))}}?"},{"role":"assistant","content":"yes"}]}"""));
        var good = tiny.Run("good", $"data.train={rows}", "export=[merged]", "eval.max_new_tokens=2");
        Assert.True(Assert.Single(good.Record.Parity).Holds);
        Assert.True(good.Holds);
        // The folder of the exports is a file.
        Directory.CreateDirectory(tiny.FileOf("bad"));
        File.WriteAllText(tiny.FileOf("bad/export"), "");
        var bad = tiny.Run("bad", $"data.train={rows}", "export=[merged, adapter]", "eval.max_new_tokens=2");
        Assert.False(bad.Holds);
        Assert.Equal(["merged", "adapter"], bad.Record.Parity.Where(static p => p.Failed is { Length: > 0 }).Select(static p => p.Form));
        var written = ReportReader.Read(Path.Combine(bad.Directory, "report.json"));
        Assert.Equal(bad.Record.Parity.Select(static p => p.Failed), written.Parity.Select(static p => p.Failed));
        Assert.False(Gate.Of(written, new GuardRecipe { Parity = false }).IsMet);
        foreach (var report in (string[])["report.html", "report.md"])
            Assert.Contains("not written", File.ReadAllText(Path.Combine(bad.Directory, report)), StringComparison.OrdinalIgnoreCase);
        Assert.True(RunDirectory.At(bad.Directory).IsFinished);
    }

    private RunResult Resume(string name) => TinyModel.Run(RecipeReader.ReadFile(tiny.FileOf(name + "/recipe.yaml")), resume: tiny.FileOf(name));

    private static string Files(string folder) => string.Join('\n', Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(static f => $"{f} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"));
}
