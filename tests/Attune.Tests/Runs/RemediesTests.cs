using System.Text;
using Attune.Adapters;
using Attune.Data;
using Attune.Models;
using Attune.Problems;
using Attune.Reports;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>A case that overfits on purpose (answers that follow from nothing), and each remedy on it beside none.</summary>
public sealed class RemediesTests : IDisposable
{
    // An adapter of a model of random weights has little to learn with.
    private static readonly string[] Full = ["method.kind=full", "method.rank=auto", "train.learning_rate=0.005", "train.max_steps=160"];

    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    /// <summary>What is learned by heart makes unseen rows less likely; each remedy, alone, makes that worse by less.</summary>
    [Fact]
    public void Each_remedy_holds_the_loss_of_unseen_rows_down()
    {
        var plain = Overfit("plain", Full);
        var curve = plain.Record.Curves.ValidLoss;
        Assert.True(curve[^1].Value > curve.Min(static p => p.Value) * 1.3, "the case overfits");
        Assert.Contains(Findings.Of(plain.Record), static f => f.Title.StartsWith("It began to learn the rows by heart", StringComparison.Ordinal) && f.Advice.Contains("train.neftune", StringComparison.Ordinal));
        foreach (var remedy in (string[])["train.weight_decay=5", "train.neftune=20", "train.label_smoothing=0.3", "train.patience=2", "train.keep_best=true"])
        {
            var (without, with) = (TestLoss(plain), TestLoss(Overfit(remedy.Replace('=', '-'), [.. Full, remedy])));
            Assert.True(with < without - 0.2, $"{remedy}: {with} instead of {without}");
        }
    }

    [Fact]
    public void Dropout_of_an_adapter_does_so_too()
    {
        var model = Overfit("base", [.. Full, "train.max_steps=30", "data.train=" + Write("other.jsonl", 24, 700, learnable: false)]).Saved;
        string[] settings = [$"model={model}", "method.rank=16"];
        var (without, with) = (TestLoss(Overfit("without", settings)), TestLoss(Overfit("with", [.. settings, "method.dropout=0.5"])));
        Assert.True(with < without - 0.05, $"{with} instead of {without}");
    }

    /// <summary>Weight decay of adapters is towards no change at all.</summary>
    [Fact]
    public void Decay_of_an_adapter_is_towards_zero()
    {
        double Size(RunResult run)
        {
            using var folder = ModelFolder.Open(tiny.Path);
            return PeftFiles.Load(run.Saved, folder.BuildFrozen()).Parameters.Sum(static p => p.Value.ToArray().Sum(static v => (double)v * v));
        }
        Assert.True(Size(Overfit("decayed", "train.weight_decay=3")) < 0.8 * Size(Overfit("plain")));
    }

    /// <summary>Text of the kind that is measured, mixed in, keeps its loss down; the report says how much of it there was.</summary>
    [Fact]
    public void Replay_forgets_less()
    {
        var general = Text("general.txt", 0);
        var replay = Text("replay.txt", 500);
        var model = Overfit("base", [.. Full, "train.max_steps=60", "data.train=" + Text("known.txt", 900)]).Saved;
        RunResult Run(string name, params string[] more) => Overfit(name, [.. Full, "train.max_steps=60", $"model={model}", $"eval.general={general}", .. more]);
        static double Forgotten(RunResult run) => run.Record.Metrics.Single(static m => m.Role == MetricRole.Retention).Difference;
        var (without, with) = (Run("without"), Run("with", $"data.replay={replay}", "data.replay_fraction=0.3"));
        Assert.True(Forgotten(with) < Forgotten(without) - 0.1, $"{Forgotten(with)} instead of {Forgotten(without)}");
        Assert.Contains("30.0 % of the trained tokens", with.Record.Facts.Single(static f => f.Name == "Replay").Value, StringComparison.Ordinal);
        Assert.Contains("data.replay", File.ReadAllText(Path.Combine(with.Directory, "manifest.json")), StringComparison.Ordinal);
        // Where it is not used, it is what the report advises.
        Assert.Contains(Findings.Of(without.Record), static f => f.Title.StartsWith("Something was forgotten", StringComparison.Ordinal) && f.Advice.Contains("data.replay", StringComparison.Ordinal));
        // Measuring and training on one text is refused.
        Assert.Contains("is measured on", Assert.Throws<UserErrorException>(() => Run("same", $"data.replay={general}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_others_are_the_part_of_the_trained_tokens_that_is_asked_for()
    {
        static Example[] Rows(int count, int length, double weight) =>
            [.. Enumerable.Range(0, count).Select(i => new Example(new int[length], [false, .. Enumerable.Repeat(true, length - 1)], "f", i + 1, (ulong)i) { Weight = weight })];
        var (rows, replay) = RunReplay.Mix(Rows(10, 5, 1), [.. Rows(4, 3, 1), .. Rows(4, 3, 2)], [], 0.25);
        double Tokens(int from, int to) => rows.Skip(from).Take(to - from).Sum(static e => e.TrainedTokens * e.Weight);
        Assert.Equal(0.25, Tokens(10, 18) / Tokens(0, 18), 1e-12);
        Assert.Equal(2, Tokens(14, 18) / Tokens(10, 14), 1e-12);
        Assert.Equal(8, replay.Rows);
    }

    /// <summary>With every remedy off, a run is what it was; noise is drawn alike however a step is split, and stops with training.</summary>
    [Fact]
    public void Noise_does_not_depend_on_the_split_of_a_step()
    {
        string[] settings = ["train.neftune=5", "train.max_steps=6", "train.compute=f32", "eval.general=none"];
        var whole = tiny.Run("whole", [.. settings, "train.micro_batch_tokens=512"]);
        var split = tiny.Run("split", [.. settings, "train.micro_batch_tokens=192"]);
        var none = tiny.Run("none", [.. settings, "train.neftune=0", "train.micro_batch_tokens=512"]);
        double First(RunResult run) => run.Record.Curves.TrainLoss[0].Value;
        Assert.Equal(First(whole), First(split), 1e-5);
        Assert.NotEqual(First(none), First(whole), 1e-4);
        Assert.Equal(none.Record.Metrics[0].Before, whole.Record.Metrics[0].Before);
    }

    /// <summary>Between base and tuned model: the ends are those two, and what is chosen keeps the gain and forgets less than the tuned model.</summary>
    [Theory]
    [InlineData("method.kind=lora")]
    [InlineData("method.kind=full")]
    public void A_blend_keeps_the_gain_and_forgets_less(string method)
    {
        var general = Text("general.txt", 0);
        var valid = Write("valid.jsonl", 16, 500, learnable: true);
        string[] settings = ["data.train=" + Write("train.jsonl", 60, 100, learnable: true), $"data.valid={valid}", "train.max_steps=60", $"eval.general={general}", method, "train.learning_rate=0.01", .. method.EndsWith("full", StringComparison.Ordinal) ? ["method.rank=auto"] : Array.Empty<string>()];
        var run = tiny.Run("run", settings);
        var loss = run.Record.Metrics.First(static m => m.Key == "loss");
        var report = BlendRun.Execute(run.Directory, new BlendOptions { At = [0.5, 0.8], Keep = 0.8 }, 1, static _ => { }, TestContext.Current.CancellationToken);
        double Loss(int point) => report.Points[point].Values.Single(static v => v.Key == "loss").Value;
        Assert.Equal([0, 0.5, 0.8, 1], report.Points.Select(static p => p.At));
        Assert.Equal(loss.Before, Loss(0), 1e-5);
        Assert.Equal(loss.After, Loss(3), 1e-5);
        var (start, end) = (report.Points[0], report.Points[3]);
        Assert.True(start.Valid - report.Chosen.Valid >= 0.8 * (start.Valid - report.Points.Min(static p => p.Valid)));
        Assert.True(report.Chosen.General < end.General, $"{report.Chosen.At}: {report.Chosen.General} and {end.General}");
        Assert.Equal(report.Chosen.Valid, report.SavedValid, 1e-5);
        Assert.Contains("chosen", File.ReadAllText(Path.Combine(run.Directory, "blend.md")), StringComparison.Ordinal);
        System.Xml.Linq.XDocument.Parse(File.ReadAllText(Path.Combine(run.Directory, "blend.html")));
        Assert.Throws<UserErrorException>(() => BlendRun.Execute(run.Directory, new BlendOptions(), 1, static _ => { }, TestContext.Current.CancellationToken));
    }

    /// <summary>Of a base in four bits too, the ends are the base and the tuned model that the run measured.</summary>
    [Theory]
    [InlineData("lora")]
    [InlineData("norms")]
    [InlineData("full")]
    public void The_ends_of_a_blend_are_what_the_run_measured_on_a_quantised_base(string method)
    {
        using var wide = new TinyModel(width: 2);
        string[] own = method == "lora" ? ["method.rank=4"] : method == "norms" ? ["method.rank=auto"] : ["method.rank=auto", "method.last_layers=1"];
        var run = wide.Run("run", ["method.base=nf4", $"method.kind={method}", .. own]);
        var loss = run.Record.Metrics.First(static m => m.Key == "loss");
        var report = BlendRun.Execute(run.Directory, new BlendOptions { At = [0, 1] }, 1, static _ => { }, TestContext.Current.CancellationToken);
        double Loss(int point) => report.Points[point].Values.Single(static v => v.Key == "loss").Value;
        Assert.Equal(loss.Before, Loss(0), 1e-5);
        Assert.Equal(loss.After, Loss(1), 1e-5);
    }

    [Fact]
    public void A_blend_needs_rows_that_choose()
    {
        var run = tiny.Run("run", "data.train=" + Write("train.jsonl", 60, 100, learnable: true), "data.valid_fraction=0", "eval.rows=0", "eval.max_new_tokens=auto", "train.max_steps=2");
        var e = Assert.Throws<UserErrorException>(() => BlendRun.Execute(run.Directory, new BlendOptions(), 1, static _ => { }, TestContext.Current.CancellationToken));
        Assert.Contains("neither validation rows nor test rows", e.Message, StringComparison.Ordinal);
        run = tiny.Run("tested", "data.train=" + Write("train.jsonl", 60, 100, learnable: true), "data.test=" + Write("test.jsonl", 8, 700, learnable: true), "data.valid_fraction=0", "train.max_steps=2");
        var report = BlendRun.Execute(run.Directory, new BlendOptions { At = [0.5] }, 1, static _ => { }, TestContext.Current.CancellationToken);
        Assert.Contains("its test rows chose", report.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void The_point_is_chosen_by_validation_loss_and_by_what_is_forgotten()
    {
        static BlendPoint At(double at, double valid, double? general) => new(at, valid, general, []);
        BlendPoint[] points = [At(0, 4, 3), At(0.5, 2.1, 3.1), At(0.75, 2, 3.3), At(1, 2.05, 3.6)];
        Assert.Equal(0.5, BlendReport.Choose(points, 0.9).At);
        Assert.Equal(0.75, BlendReport.Choose(points, 1).At);
        Assert.Equal(0.75, BlendReport.Choose([.. points.Select(static p => p with { General = null })], 0.5).At);
        // Where tuning brought nothing, the base is what keeps it.
        Assert.Equal(0, BlendReport.Choose([At(0, 2, 3), At(1, 2.5, 3.5)], 0.95).At);
    }

    private static double TestLoss(RunResult run) => run.Record.Metrics.Single(static m => m.Key == "loss").After;

    private RunResult Overfit(string name, params string[] more) => tiny.Run(name,
    [
        "data.train=" + Write("train.jsonl", 24, 100, learnable: false), "data.valid=" + Write("valid.jsonl", 24, 300, learnable: false), "data.test=" + Write("test.jsonl", 24, 500, learnable: false),
        "eval.metrics=loss", "eval.rows=1", "eval.samples=1", "eval.memorisation=0", "eval.general=none", "train.max_steps=120", "train.eval_every=10", "train.patience=0", "train.keep_best=false", "train.learning_rate=0.02", "train.schedule=constant", .. more,
    ]);

    private string Write(string name, int rows, int seed, bool learnable)
    {
        string[] things = ["lamp", "table", "kettle", "carpet"];
        var (text, random) = (new StringBuilder(), new Random(seed));
        for (var i = 0; i < rows; i++)
        {
            var answer = learnable ? $"the {things[i % 4]} is on its way" : string.Concat(Enumerable.Range(0, 6).Select(_ => (char)('a' + random.Next(26))));
            text.Append($$"""{"messages":[{"role":"user","content":"Where is the {{things[i % 4]}} of order {{seed + i}}?"},{"role":"assistant","content":"{{answer}}"}]}""").Append('\n');
        }
        File.WriteAllText(tiny.FileOf(name), text.ToString());
        return tiny.FileOf(name);
    }

    private string Text(string name, int seed)
    {
        var random = new Random(seed);
        string[] words = ["rain", "falls", "on", "the", "old", "roof", "and", "wind", "moves", "grass", "near", "river"];
        File.WriteAllText(tiny.FileOf(name), string.Join("\n\n", Enumerable.Range(0, 12).Select(_ => string.Join(' ', Enumerable.Range(0, 24).Select(_ => words[random.Next(words.Length)])) + ".")));
        return tiny.FileOf(name);
    }
}
