namespace Attune.Tests.Cli;

/// <summary><c>attune eval --suite</c>, and suites in a run's report.</summary>
public sealed class SuiteCommandTests : IDisposable
{
    private const string Suite = """
        {"name": "mine", "tasks": [
          {"name": "closed", "files": ["closed.jsonl"], "prompt": "{q}", "answer": "{a[0]}", "accepted": "a", "metrics": ["accepted"], "max_new_tokens": 4},
          {"name": "chosen", "files": ["chosen*.jsonl"], "prompt": "{q}", "answer": "good", "right": "also", "wrong": "bad", "metrics": ["mc1", "mc2", "auc"], "rows": 4, "counts": "retention"}]}
        """;

    private readonly TinyModel tiny = new();

    public SuiteCommandTests()
    {
        tiny.Write("suite.json", Suite);
        tiny.Write("closed.jsonl", string.Concat(Enumerable.Range(0, 7).Select(static i => $"{{\"q\": \"q{i}?\", \"a\": [\"a{i}\", \"b{i}\"]}}\n")));
        tiny.Write("chosen-1.jsonl", string.Concat(Enumerable.Range(0, 9).Select(static i => $"{{\"q\": \"q{i}{(i == 0 ? new string('x', 200) : "")}?\", \"good\": \"g{i}\", \"also\": \"h{i}; g{i}\", \"bad\": \"b{i};c\"}}\n")));
    }

    public void Dispose() => tiny.Dispose();

    [Fact]
    public async Task A_model_alone_has_values_with_intervals_on_rows_of_every_task()
    {
        var run = await CliRun.Of("eval", "--model", tiny.Model, "--suite", tiny.At("suite.json"), "--threads", "1", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        var values = run.Json.GetProperty("values").EnumerateArray().ToArray();
        Assert.Equal(6, values.Length);
        Assert.Equal(("mine.closed.accepted", 7), (values[0].GetProperty("metric").GetString(), values[0].GetProperty("count").GetInt32()));
        Assert.StartsWith("chosen: ", values[3].GetProperty("name").GetString());
        Assert.Equal(4, values[3].GetProperty("count").GetInt32());
        Assert.InRange(values[4].GetProperty("value").GetDouble(), 0.0001, 0.9999);
        Assert.Contains("1 of 9 that were looked at are too long", run.Error);
        Assert.Equal(run.Out, (await CliRun.Of("eval", "--model", tiny.Model, "--suite", tiny.At("suite.json"), "--threads", "2", "--json")).Out);
    }

    [Fact]
    public async Task Two_models_are_compared_on_the_same_rows()
    {
        using var other = new TinyModel(template: false);
        var run = await CliRun.Of("eval", "--model", tiny.Model, "--suite", tiny.At("suite.json"), "--against", other.Model, "--rows", "3", "--out", tiny.At("report"), "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        var metrics = run.Json.GetProperty("metrics").EnumerateArray().ToArray();
        Assert.All(metrics, static m => Assert.Equal(3, m.GetProperty("count").GetInt32()));
        Assert.Equal(["truth", "truth", "truth", "retention", "retention", "retention"], metrics.Select(static m => m.GetProperty("role").GetString()));
        Assert.All(metrics, static m => Assert.True(m.TryGetProperty("p", out _)));
        Assert.True(File.Exists(Path.Combine(tiny.At("report"), "report.html")));
    }

    [Fact]
    public async Task A_run_measures_its_suites_before_and_after()
    {
        var run = await CliRun.Of([.. tiny.Train("--json"), "--set", $"eval.suites={tiny.At("suite.json")}", "--set", "eval.suite_rows=5"]);
        Assert.True(run.ExitCode == 0, run.Error);
        var truth = run.Json.GetProperty("metrics").EnumerateArray().Where(static m => m.GetProperty("role").GetString() == "truth").ToArray();
        Assert.Equal(3, truth.Length);
        Assert.All(truth, static m => Assert.Equal(5, m.GetProperty("count").GetInt32()));
        Assert.Contains("makes up", File.ReadAllText(Path.Combine(tiny.At("run"), "report.html")));
        Assert.Contains("suite.json", File.ReadAllText(Path.Combine(tiny.At("run"), "recipe.yaml")));
    }

    [Theory]
    [InlineData("--suite truth", "TruthfulQA")]
    [InlineData("--suite truth --data nowhere", "nowhere")]
    [InlineData("--suite truth --metrics f1", "--metrics")]
    [InlineData("--suite truht", "truth")]
    [InlineData("--suite truth truth", "twice")]
    [InlineData("", "--data")]
    public async Task What_cannot_be_measured_is_said(string options, string message)
    {
        var run = await CliRun.Of(["eval", "--model", tiny.Model, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public async Task A_suite_of_the_users_must_have_its_files_and_its_columns()
    {
        File.Delete(tiny.At("closed.jsonl"));
        var missing = await CliRun.Of("eval", "--model", tiny.Model, "--suite", tiny.At("suite.json"));
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("closed.jsonl", missing.Error);
        tiny.Write("closed.jsonl", "{\"question\": \"q?\", \"a\": [\"b\"]}\n");
        var column = await CliRun.Of("eval", "--model", tiny.Model, "--suite", tiny.At("suite.json"));
        Assert.Equal(2, column.ExitCode);
        Assert.Contains("closed.jsonl, row 1", column.Error);
    }

    [Fact]
    public async Task The_recipe_of_suites_runs()
    {
        var recipe = Path.Combine(SharedData.RepositoryRoot, "recipes", "truth.yaml");
        var run = await CliRun.Of(
            "train", recipe, "--json", "--max-steps", "1", "--output", tiny.At("recipe"), "--threads", "1", "--eval-rows", "2", "--set", "eval.suite_rows=4",
            "--set", "eval.max_new_tokens=2", "--general", "none", "--batch-tokens", "256");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains(run.Json.GetProperty("metrics").EnumerateArray(), static m => m.GetProperty("metric").GetString() == "support.values of the message.grounded");
    }

    [Fact]
    public async Task The_public_data_sets_are_read_as_they_are()
    {
        var folder = SharedData.Require("datasets");
        var model = Path.Combine(SharedData.RepositoryRoot, "models", "attune-base");
        var run = await CliRun.Of("eval", "--model", model, "--suite", "truth", "--data", folder, "--rows", "2", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(15, run.Json.GetProperty("values").GetArrayLength());
        Assert.Contains("HaluEval pairs", run.Error);
    }
}
