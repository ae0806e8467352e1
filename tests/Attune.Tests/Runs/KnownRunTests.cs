using Attune.Data;
using Attune.Engine.Backends;
using Attune.Evaluation.Facts;
using Attune.Problems;
using Attune.Reports;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>Known and unknown facts: a model that was taught some facts knows those and no others.</summary>
public sealed class KnownRunTests : IDisposable
{
    private static readonly string[] Keys = ["lamp", "kettle", "clock", "carpet", "table", "hose"];

    private readonly TinyModel tiny = new();

    public KnownRunTests()
    {
        File.WriteAllText(tiny.FileOf("taught.jsonl"), string.Concat(Enumerable.Range(0, 90).Select(i =>
            Row([.. Enumerable.Range(0, 3).Select(j => Keys[(i * 7 + j * (1 + i % 5)) % 6]).Select(static k => (k, Answer(k)))]))));
        File.WriteAllText(tiny.FileOf("asked.jsonl"), string.Concat(Keys.Select(static k => Row((k, Answer(k))))) + string.Concat(Keys.Select(static k => Row((k, "zz" + k)))));
    }

    public void Dispose() => tiny.Dispose();

    private static string Answer(string key) => key[..2] + (char)('a' + key.Length);

    private static string Row(params (string Key, string Answer)[] turns) =>
        "{\"messages\": [" + string.Join(", ", turns.Select(static t => $"{{\"role\": \"user\", \"content\": \"{t.Key}?\"}}, {{\"role\": \"assistant\", \"content\": \"{t.Answer}\"}}")) + "]}\n";

    private KnownOptions Options(string name) => new() { Data = [tiny.FileOf("asked.jsonl")], Out = tiny.FileOf(name), Shots = 2, Prompts = 3, Samples = 2 };

    private static KnownResult Ask(string model, KnownOptions options, int threads = 1, CancellationToken? cancel = null, Action<RunNotice>? notice = null)
    {
        using var opened = InferenceModel.Open(model, null, null, CpuBackend.Shared(threads));
        return KnownRun.Execute(opened, options, notice ?? (static _ => { }), cancel ?? TestContext.Current.CancellationToken);
    }

    private string Taught()
    {
        var run = tiny.Run("teacher", $"data.train={tiny.FileOf("taught.jsonl")}", "method.kind=full", "method.rank=auto", "eval.max_new_tokens=auto", "train.max_steps=220", "train.learning_rate=0.01", "eval.rows=0",
            "data.valid_fraction=0", "train.eval_every=300", "eval.general=none", "eval.memorisation=0");
        return run.Saved;
    }

    [Fact]
    public void A_model_knows_the_facts_that_it_was_taught_and_no_others()
    {
        var result = Ask(Taught(), Options("known.jsonl"));
        var rows = File.ReadAllLines(tiny.FileOf("known.jsonl"))[1..];
        Assert.Equal(12, rows.Length);
        Assert.All(rows[..6], static r => Assert.Contains("\"HighlyKnown\"", r));
        Assert.All(rows[6..], static r => Assert.Contains("\"Unknown\"", r));
        Assert.Equal((6, 6, 0.5), (result.Counts[Known.HighlyKnown], result.Counts[Known.Unknown], result.Counts.UnknownShare));
    }

    [Fact]
    public void The_file_is_the_same_whatever_the_threads_and_wherever_a_run_stopped()
    {
        var whole = Options("whole.jsonl");
        Ask(tiny.Path, whole);
        Assert.Equal(0, Ask(tiny.Path, Options("two.jsonl"), threads: 2).Resumed);
        Assert.Equal(File.ReadAllText(whole.Out), File.ReadAllText(tiny.FileOf("two.jsonl")));

        var stopped = Options("stopped.jsonl");
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Ask(tiny.Path, stopped, cancel: stop.Token, notice: n =>
        {
            if (n is NoticeProgress { Done: 5 })
                stop.Cancel();
        }));
        File.AppendAllText(stopped.Out, "{\"file\": \"ask");
        Assert.Throws<UserErrorException>(() => KnownFile.Read(stopped.Out, []));
        Assert.Equal(5, Ask(tiny.Path, stopped).Resumed);
        Assert.Equal(File.ReadAllText(whole.Out), File.ReadAllText(stopped.Out));

        Assert.Contains("samples", Assert.Throws<UserErrorException>(() => Ask(tiny.Path, whole with { Samples = 3 })).Message);
        Assert.Contains("model", Assert.Throws<UserErrorException>(() => Ask(tiny.Make("another", 9), whole)).Message);
    }

    [Theory]
    [InlineData(1, 0, Known.HighlyKnown)]
    [InlineData(0.1, 0, Known.MaybeKnown)]
    [InlineData(0, 0.01, Known.WeaklyKnown)]
    [InlineData(0, 0, Known.Unknown)]
    public void Categories_are_those_of_the_paper(double greedy, double sampled, Known category) => Assert.Equal(category, KnownRow.Of(greedy, sampled));

    [Fact]
    public void Unknown_rows_are_left_out_weighed_or_delayed_and_counted()
    {
        var model = Taught();
        Ask(model, Options("known.jsonl"));
        string[] settings = [$"model={model}", $"data.train={tiny.FileOf("asked.jsonl")}", $"data.known={tiny.FileOf("known.jsonl")}", "data.valid_fraction=0", "eval.rows=0", "eval.general=none", "eval.memorisation=0", "eval.max_new_tokens=auto", "train.batch_tokens=256"];
        RunSetup Prepare(params string[] more) => RunSetup.Prepare(tiny.Recipe("x", [.. settings, .. more]), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);

        using (var keep = Prepare())
            Assert.Equal(12, keep.Data.Train.Count);
        using (var drop = Prepare("data.unknown=drop"))
        {
            Assert.Equal(Enumerable.Range(1, 6), drop.Data.Train.Select(static e => e.Row));
            Assert.Equal(6, drop.Data.Known!.Counts[Known.Unknown]);
        }
        using (var weigh = Prepare("data.unknown=0.25"))
            Assert.Equal([1, 1, 1, 1, 1, 1, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25], weigh.Data.Train.Select(static e => e.Weight));
        using (var delay = Prepare("data.unknown=delay", "train.max_steps=1000", "train.epochs=4"))
        {
            int[] Rows(int epoch) => [.. Enumerable.Range(0, delay.Steps.Packer.StepsIn(epoch)).SelectMany(s => delay.Steps.Packer.Get(new DataCursor(epoch, s)).Rows).Order()];
            Assert.Equal(Enumerable.Range(0, 6), Rows(0));
            Assert.Equal(Enumerable.Range(0, 6), Rows(1));
            Assert.Equal(Enumerable.Range(0, 12), Rows(2));
        }
        Assert.Contains("delay", Assert.Throws<UserErrorException>(() => Prepare("data.unknown=delay", "train.epochs=1")).Message);
        File.AppendAllText(tiny.FileOf("asked.jsonl"), Row(("new", "row")));
        Assert.Contains("asked.jsonl, row 13", Assert.Throws<UserErrorException>(() => Prepare()).Message);
        Assert.Contains("model", Assert.Throws<UserErrorException>(() => Prepare($"model={tiny.Path}")).Message);
    }

    /// <summary>What decided the rows, and what was measured, can be proved later.</summary>
    [Fact]
    public void The_manifest_holds_the_file_of_known_facts_and_the_suites()
    {
        Ask(tiny.Path, Options("known.jsonl") with { Data = [tiny.Data] });
        File.WriteAllText(tiny.FileOf("facts.jsonl"), "{\"prompt\": \"lamp?\", \"completion\": \"laf\"}\n");
        File.WriteAllText(tiny.FileOf("suite.json"), """{"tasks": [{"name": "closed", "files": ["facts.jsonl"], "prompt": "prompt", "answer": "completion", "accepted": "completion", "metrics": ["accepted"]}]}""");
        var run = tiny.Run("run", $"data.known={tiny.FileOf("known.jsonl")}", $"eval.suites={tiny.FileOf("suite.json")}");
        var roles = Manifest.Load(Path.Combine(run.Directory, "manifest.json")).Files.Select(static f => f.Role).ToArray();
        Assert.Contains("data.known", roles);
        Assert.Contains("eval.suites", roles);
    }

    [Fact]
    public void The_report_says_what_unknown_rows_may_do()
    {
        static RunRecord Run(string what, int unknown) => new() { Title = "t", Known = new(new([10, 0, 0, unknown, 0]), what) };
        Assert.Contains(Findings.Of(Run("trained on like all others", 10)), static f => f.Tone == FindingTone.Warning && f.Title.StartsWith("50 %", StringComparison.Ordinal) && f.Advice.Contains("Gekhman"));
        Assert.Contains(Findings.Of(Run(KnownFacts.LeftOut, 10)), static f => f.Tone == FindingTone.Good && f.Title.Contains("left out"));
        Assert.DoesNotContain(Findings.Of(Run("trained on like all others", 0)), static f => f.Advice.Contains("Gekhman"));
    }
}
