using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Problems;
using Attune.Recipes;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>Whole runs that match a teacher's hidden states.</summary>
public sealed class HiddenStatesRunTests : IDisposable
{
    private static readonly string[] Plain = ["train.save_every=3", "train.eval_every=3", "train.keep_best=false", "train.patience=0"];

    private readonly TinyModel tiny = new();
    private readonly TinyModel large = new(width: 2);

    public void Dispose()
    {
        large.Dispose();
        tiny.Dispose();
    }

    /// <summary>The projection and its moments are in the checkpoints, and in nothing that is left of the run.</summary>
    [Theory]
    [InlineData("full")]
    [InlineData("lora")]
    [Trait("SilentFailure", "15")]
    public void A_resumed_run_is_the_run_that_was_never_stopped_and_the_result_holds_no_projection(string kind)
    {
        string[] settings = [.. Matched(large.Path), $"method.kind={kind}", .. Rank(kind), "train.learning_rate=0.005", .. Plain];
        var whole = tiny.Run("whole", settings);
        Stopped.After(tiny.Recipe("stopped", settings), 5);
        var checkpoint = Directory.GetFiles(Path.Combine(tiny.FileOf("stopped"), "checkpoints"), "step-*").Max()!;
        using (var file = SafeTensorsFile.Open(checkpoint))
        using (var without = SafeTensorsFile.Open(Newest("bare", Without(settings))))
            Assert.Equal(2 * 32 * 128, Values(file) - Values(without));
        var resumed = TinyModel.Run(RecipeReader.ReadFile(Path.Combine(tiny.FileOf("stopped"), "recipe.yaml")), threads: 2, resume: tiny.FileOf("stopped"));
        Assert.Equal(TinyModel.Bytes(whole.Saved), TinyModel.Bytes(resumed.Saved));
        foreach (var path in Directory.GetFiles(whole.Saved, "*.safetensors"))
        {
            using var saved = SafeTensorsFile.Open(path);
            Assert.DoesNotContain(saved.Entries.Keys, static n => n.Contains("projection", StringComparison.Ordinal));
        }
        Assert.NotEqual(TinyModel.Bytes(whole.Saved), TinyModel.Bytes(tiny.Run("cosine", [.. settings, "objective.hidden_loss=cosine"]).Saved));
        Assert.Contains("layers 1, 2 were matched with the teacher's 1, 2 (mse, weight 0.5), through projections of 32 × 128", whole.Record.Transfer!.Hidden, StringComparison.Ordinal);
        foreach (var report in (string[])["report.html", "report.md", "report.json"])
            Assert.Contains("were matched with the teacher", File.ReadAllText(Path.Combine(whole.Directory, report)), StringComparison.Ordinal);
        Assert.Equal(tiny.Run("without", Without(settings)).Record.Facts.Single(static f => f.Name == "Trained weights"), whole.Record.Facts.Single(static f => f.Name == "Trained weights"));
    }

    /// <summary>It learns: the rows come nearer to the teacher's than where only the tokens are learned.</summary>
    [Fact]
    public void Hidden_states_come_nearer_to_the_teachers()
    {
        string[] settings = [.. Matched(large.Path), "objective.label_weight=1", "method.kind=full", .. Rank("full"), "train.learning_rate=0.003", "objective.hidden=1", "train.max_steps=40", .. Plain];
        var losses = File.ReadAllLines(Path.Combine(tiny.Run("hidden", settings).Directory, "metrics.jsonl")).Where(static l => l.Contains("\"loss\"", StringComparison.Ordinal)).ToArray();
        var bare = File.ReadAllLines(Path.Combine(tiny.Run("bare", Without(settings)).Directory, "metrics.jsonl")).Where(static l => l.Contains("\"loss\"", StringComparison.Ordinal)).ToArray();
        double Apart(int line) => Loss(losses[line]) - Loss(bare[line]);
        Assert.InRange(Apart(losses.Length - 1), 0, 0.8 * Apart(0));
    }

    /// <summary>On answers of the student's own, and of a quantised teacher, it runs as everything else does.</summary>
    [Fact]
    public void On_policy_and_on_a_quantised_teacher_it_runs()
    {
        var adapter = large.Run("quantised", "method.base=nf4").Saved;
        var run = tiny.Run("run", [.. Matched(adapter), "objective.on_policy=0.5", "objective.hidden_layers={2: 1}", .. Plain]);
        Assert.Contains("of layer 2 were matched with the teacher's 1", run.Record.Transfer!.Hidden, StringComparison.Ordinal);
        Assert.InRange(run.PeakBytes, 1, long.MaxValue);
    }

    [Theory]
    [InlineData("objective.hidden_layers={3: 1}", "objective.hidden_layers", "the student has 2 blocks")]
    [InlineData("objective.hidden_layers={1: 1}", "objective.hidden_layers", "below block 2 nothing trains")]
    public void What_cannot_be_matched_is_refused_before_anything_starts(string setting, string place, string says)
    {
        var problem = Assert.Single(Assert.Throws<UserErrorException>(() => RunSetup.Prepare(
            tiny.Recipe("run", [.. Matched(large.Path), "method.last_layers=1", setting]), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken)).Problems);
        Assert.Equal(place, problem.Place);
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_has_no_hidden_states()
    {
        var problems = Assert.Throws<UserErrorException>(() => tiny.Recipe("run", "objective.kind=distill", $"objective.file={tiny.Data}", "objective.hidden=1")).Problems;
        Assert.Contains(problems, static p => p.Message.Contains("from a teacher in memory", StringComparison.Ordinal));
    }

    private static string[] Matched(string teacher) => ["objective.kind=distill", $"objective.teacher={teacher}", "objective.hidden=0.5", "objective.hidden_layers=uniform"];

    private static string[] Without(string[] settings) => [.. settings.Where(static s => !s.StartsWith("objective.hidden", StringComparison.Ordinal))];

    private static string[] Rank(string kind) => kind == "full" ? ["method.rank=auto"] : [];

    private static double Loss(string line) => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble();

    private static long Values(SafeTensorsFile file) => file.Entries.Where(static e => e.Key.EndsWith(".m", StringComparison.Ordinal)).Sum(static e => e.Value.ElementCount);

    private string Newest(string name, string[] settings)
    {
        Stopped.After(tiny.Recipe(name, settings), 5);
        return Directory.GetFiles(Path.Combine(tiny.FileOf(name), "checkpoints"), "step-*").Max()!;
    }
}
