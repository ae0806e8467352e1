using System.Text.Json;
using Attune.Distillation;
using Attune.Reports;
using Attune.Tests.Distillation;
using Attune.Text;

namespace Attune.Tests.Cli;

/// <summary><c>attune distill</c> as a user calls it.</summary>
public sealed class DistillCommandTests : IDisposable
{
    private readonly Runs.TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    private string[] Generate(string name, params string[] more) =>
    [
        "distill", "generate", "--model", tiny.Path, "--data", tiny.Data, "--out", tiny.FileOf(name), "--samples", "3", "--temperature", "1", "--max-new-tokens", "8", "--keep-unfinished", "--threads", "1", .. more,
    ];

    /// <summary>From the teacher's answers to a student tuned on them, and the same bytes again wherever it was stopped.</summary>
    [Fact]
    public async Task A_local_teacher_writes_rows_that_a_student_is_tuned_on()
    {
        var run = await CliRun.Of(Generate("t.jsonl", "--rows", "14", "--json"));
        Assert.True(run.ExitCode == 0, run.Error);
        var (rows, answers, kept) = (run.Json.GetProperty("rows").GetInt32(), run.Json.GetProperty("answers").GetInt32(), run.Json.GetProperty("answers_kept").GetInt32());
        Assert.Equal((14, 42), (rows, answers));
        Assert.Equal(kept, File.ReadAllLines(tiny.FileOf("t.jsonl")).Length);
        Assert.Equal(42 - kept, run.Json.GetProperty("dropped").EnumerateObject().Sum(static d => d.Value.GetInt32()));
        Assert.Contains("100 % · 14/14 rows", run.Error);

        // In the middle of a block of rows that were written together.
        var log = AnswerRun.LogOf(tiny.FileOf("t.jsonl"));
        var whole = await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(AnswerRun.LogOf(tiny.FileOf("again.jsonl")), string.Join('\n', whole[..8]) + "\n" + whole[8][..20], TestContext.Current.CancellationToken);
        Assert.Equal(0, (await CliRun.Of(Generate("again.jsonl", "--rows", "14"))).ExitCode);
        Assert.Equal(File.ReadAllBytes(tiny.FileOf("t.jsonl")), File.ReadAllBytes(tiny.FileOf("again.jsonl")));
        Assert.Equal(whole, await File.ReadAllLinesAsync(AnswerRun.LogOf(tiny.FileOf("again.jsonl")), TestContext.Current.CancellationToken));

        var train = await CliRun.Of("train", "--model", tiny.Path, "--data", tiny.FileOf("t.jsonl"), "--output", tiny.FileOf("run"), "--max-steps", "2", "--eval-rows", "0", "--general", "none", "--threads", "1");
        Assert.True(train.ExitCode == 0, train.Error);
        Assert.DoesNotContain("not used by the shape", train.Error);
    }

    [Fact]
    public async Task A_server_is_asked_and_its_rows_say_so()
    {
        using var server = new LoopbackServer(static (request, _) => Reply.Of("item=" + request.GetProperty("messages")[0].GetProperty("content").GetString()!.Split(' ')[3]));
        var run = await CliRun.Of("distill", "generate", "--server", server.Address, "--server-model", "big", "--data", tiny.Data, "--out", tiny.FileOf("s.jsonl"), "--agree", "first-line", "--rows", "8");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("8 answers to 8 rows, 24 tokens", run.Out);
        // "garden hose" and "blue chair" are two words, of which the server says one.
        Assert.Contains("2 dropped: not the row's own answer", run.Out);
        Assert.All(File.ReadAllLines(tiny.FileOf("s.jsonl")), static l => Assert.Equal("big", JsonDocument.Parse(l).RootElement.GetProperty("distilled_by").GetString()));

        var prompts = tiny.FileOf("prompts.txt");
        await File.WriteAllTextAsync(prompts, "Where is the lamp?\n\nWhere is the clock?\n", TestContext.Current.CancellationToken);
        Assert.Equal(0, (await CliRun.Of("distill", "generate", "--server", server.Address, "--server-model", "big", "--prompts", prompts, "--out", tiny.FileOf("p.jsonl"))).ExitCode);
        Assert.Equal("""{"prompt":"Where is the clock?","completion":"item=clock?","distilled_from":"prompts.txt:3","distilled_by":"big"}""", File.ReadAllLines(tiny.FileOf("p.jsonl"))[1]);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_one_message_and_exit_1()
    {
        var run = await CliRun.Of("distill", "generate", "--server", $"http://127.0.0.1:{LoopbackServer.FreePort()}/v1", "--server-model", "m", "--data", tiny.Data, "--out", tiny.FileOf("s.jsonl"), "--retries", "0", "--json");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("cannot be reached", Assert.Single(run.Json.GetProperty("problems").EnumerateArray()).GetProperty("message").GetString());
        Assert.False(File.Exists(AnswerRun.LogOf(tiny.FileOf("s.jsonl"))));
    }

    /// <summary>From the file to the student, with the result of a teacher in memory as far as the file reaches.</summary>
    [Fact]
    public async Task A_student_learns_from_a_file_what_it_learns_from_the_teacher()
    {
        using var teacher = new Runs.TinyModel(seed: 11, family: "qwen2");
        string[] logits = ["distill", "logits", "--model", teacher.Path, "--data", tiny.Data, "--threads", "1"];
        var whole = await CliRun.Of([.. logits, "--out", tiny.FileOf("all.logits"), "--top-k", "288", "--json"]);
        Assert.True(whole.ExitCode == 0, whole.Error);
        Assert.Equal((60, 288, 0.0), (whole.Json.GetProperty("examples").GetInt32(), whole.Json.GetProperty("top_k").GetInt32(), whole.Json.GetProperty("mean_rest").GetDouble()));
        var some = await CliRun.Of([.. logits, "--out", tiny.FileOf("some.logits"), "--top-k", "20"]);
        Assert.Contains("the 20 likeliest of 288 tokens hold", some.Out);
        Assert.Contains($"--set objective.file={tiny.FileOf("some.logits")}", some.Out);
        Assert.True(new FileInfo(tiny.FileOf("some.logits")).Length < new FileInfo(tiny.FileOf("all.logits")).Length / 8);

        var online = await Loss("online", $"objective.teacher={teacher.Path}");
        Assert.Equal(online, await Loss("all", $"objective.file={tiny.FileOf("all.logits")}"), 2e-3);
        // A teacher of random weights is all but flat: 20 of 288 tokens say little of it, and the loss is the smaller.
        Assert.InRange(await Loss("some", $"objective.file={tiny.FileOf("some.logits")}"), 0, online);

        var template = tiny.FileOf("other.jinja");
        await File.WriteAllTextAsync(template, ChatTemplate.ChatMl.Source + " ", TestContext.Current.CancellationToken);
        foreach (var (settings, message) in new (string[], string)[]
        {
            ([$"objective.file={tiny.FileOf("all.logits")}", "objective.temperature=2"], "was written at 1"),
            ([$"objective.file={tiny.FileOf("all.logits")}", $"objective.teacher={teacher.Path}"], "one of the two"),
            ([$"objective.file={tiny.FileOf("all.logits")}", $"data.template={template}"], "another chat template"),
            ([$"objective.file={tiny.Data}"], "is not a file of a teacher's logits"),
        })
        {
            var run = await Train("wrong", settings);
            Assert.True(run.ExitCode == 2, $"{message}: {run.Error}");
            Assert.Contains(message, run.Error);
        }

        async Task<double> Loss(string name, string setting)
        {
            var run = await Train(name, setting, "objective.label_weight=0");
            Assert.True(run.ExitCode == 0, run.Error);
            return MetricsLog.Read(Path.Combine(tiny.FileOf(name), "metrics.jsonl")).First(static l => l.Kind == "step")["loss"];
        }

        Task<CliRun> Train(string name, params string[] settings) => CliRun.Of(["train", .. tiny.Settings(name).Concat(settings).Append("objective.kind=distill").SelectMany(static s => (string[])["--set", s]), "--threads", "1"]);
    }

    /// <summary>A teacher with other tokens: sorted probabilities, where both begin one.</summary>
    [Fact]
    public async Task A_teacher_with_another_tokenizer_teaches_by_sorted_probabilities()
    {
        using var teacher = new Runs.TinyModel(seed: 11, family: "qwen2", vocabulary: 330);
        string[] logits = ["distill", "logits", "--model", teacher.Path, "--data", tiny.Data, "--threads", "1"];
        var run = await CliRun.Of([.. logits, "--student", tiny.Path, "--out", tiny.FileOf("sorted.logits"), "--top-k", "30", "--json"]);
        Assert.True(run.ExitCode == 0, run.Error);
        var (tokens, known) = (run.Json.GetProperty("tokens").GetInt32(), run.Json.GetProperty("tokens_known").GetInt32());
        Assert.InRange(known, tokens / 4, tokens - 1);
        Assert.Contains($"{known} of them begin where", (await CliRun.Of([.. logits, "--student", tiny.Path, "--out", tiny.FileOf("sorted.logits"), "--top-k", "30"])).Out);
        Assert.Equal(0, (await CliRun.Of([.. logits, "--out", tiny.FileOf("plain.logits")])).ExitCode);

        var trained = await Train("run", $"objective.file={tiny.FileOf("sorted.logits")}", "objective.divergence=uld");
        Assert.True(trained.ExitCode == 0, trained.Error);
        var losses = MetricsLog.Read(Path.Combine(tiny.FileOf("run"), "metrics.jsonl")).Where(static l => l.Kind == "step").Select(static l => l["loss"]).ToArray();
        Assert.True(losses[^1] < losses[0], string.Join(' ', losses));
        foreach (var (settings, message) in new (string[], string)[]
        {
            ([$"objective.file={tiny.FileOf("sorted.logits")}"], "set it to uld"),
            ([$"objective.file={tiny.FileOf("plain.logits")}"], "another tokenizer"),
            ([$"objective.teacher={teacher.Path}", "objective.divergence=uld", "objective.on_policy=0.5"], "in its own tokens"),
            ([$"objective.teacher={teacher.Path}", "objective.divergence=uld", "objective.hidden=0.5"], "token by token"),
            ([$"objective.teacher={teacher.Path}", "objective.divergence=js"], "objective.divergence: uld"),
        })
        {
            var wrong = await Train("wrong", settings);
            Assert.True(wrong.ExitCode == 2, $"{message}: {wrong.Error}");
            Assert.Contains(message, wrong.Error);
        }

        Task<CliRun> Train(string name, params string[] settings) => CliRun.Of(["train", .. tiny.Settings(name).Concat(settings).Append("objective.kind=distill").SelectMany(static s => (string[])["--set", s]), "--threads", "1"]);
    }

    /// <summary>The recipes as they stand, on a tiny model and its rows.</summary>
    [Fact]
    public async Task The_recipes_run()
    {
        Assert.Equal(0, (await CliRun.Of(Generate("a.jsonl"))).ExitCode);
        Assert.Equal(0, (await CliRun.Of("distill", "logits", "--model", tiny.Path, "--data", tiny.Data, "--out", tiny.FileOf("f.logits"), "--threads", "1")).ExitCode);
        foreach (var (recipe, setting, data) in new[] { ("distill-answers", "data.train=" + tiny.FileOf("a.jsonl"), tiny.Data), ("distill-logits", "objective.file=" + tiny.FileOf("f.logits"), tiny.FileOf("a.jsonl")) })
        {
            string[] settings = [setting, $"model={tiny.Path}", $"data.valid={data}", $"data.test={data}", $"output={tiny.FileOf(recipe)}", "train.max_steps=2", "train.threads=1", "eval.rows=2", "eval.general=none", "eval.metrics=[first-line, loss]"];
            // What the commands in its head would have made stands elsewhere here; what comes with the repository stays.
            var folder = Path.Combine(SharedData.RepositoryRoot, "recipes");
            var yaml = (await File.ReadAllTextAsync(Path.Combine(folder, recipe + ".yaml"), TestContext.Current.CancellationToken))
                .Replace("../runs/support-answers.jsonl", tiny.FileOf("a.jsonl"), StringComparison.Ordinal).Replace("../runs/support.logits", tiny.FileOf("f.logits"), StringComparison.Ordinal)
                .Replace("data/support/", Path.Combine(folder, "data", "support") + "/", StringComparison.Ordinal).Replace("../models/", Path.Combine(folder, "..", "models") + "/", StringComparison.Ordinal);
            await File.WriteAllTextAsync(tiny.FileOf("recipe.yaml"), yaml, TestContext.Current.CancellationToken);
            var run = await CliRun.Of(["train", tiny.FileOf("recipe.yaml"), .. settings.Append(recipe == "distill-logits" ? $"data.train={tiny.Data}" : "data.format=messages").SelectMany(static s => (string[])["--set", s])]);
            Assert.True(run.ExitCode == 0, $"{recipe}: {run.Error}");
        }
    }

    [Fact]
    public async Task Wrong_wishes_are_refused_before_anything_is_asked()
    {
        string[] local = ["--model", tiny.Path, "--data", tiny.Data], server = ["--server", "http://localhost:1/v1", "--server-model", "m", "--data", tiny.Data];
        foreach (var (args, message) in new (string[], string)[]
        {
            (["--data", tiny.Data], "expected a teacher"),
            (["--model", tiny.Path], "one of --data and --prompts"),
            ([.. local, "--samples", "2"], "give --temperature"),
            ([.. server, "--samples", "2"], "give --temperature"),
            ([.. local, "--agree", "rouge-l"], "right or wrong"),
            ([.. local, "--majority", "frist-line"], "did you mean first-line?"),
            ([.. local, "--parallel", "2"], "--server is not given"),
            ([.. server, "--model", tiny.Path], "is for a local teacher"),
            ([.. server, "--top-k", "2"], "no part of the API"),
            ([.. server, "--api-key-env", "ATTUNE_NO_SUCH_KEY"], "is not set"),
            (["--server", "localhost:8080", "--server-model", "m", "--data", tiny.Data], "http:// or https://"),
            (["--server", "http://localhost:1/v1", "--data", tiny.Data], "--server-model"),
            ([.. local, "--max-chars", "0"], "not below --min-chars"),
        })
        {
            var run = await CliRun.Of(["distill", "generate", .. args, "--out", tiny.FileOf("x.jsonl")]);
            Assert.True(run.ExitCode == 2, $"{message}: {run.Error}");
            Assert.Contains(message, run.Error);
        }
        Assert.False(File.Exists(AnswerRun.LogOf(tiny.FileOf("x.jsonl"))));
    }
}
