namespace Attune.Tests.Cli;

/// <summary>Data as users have it, from the command line: folders, mixtures, parts of documents, and what no objective learns from.</summary>
public sealed class DataCommandTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    private string[] Check(params string[] data) =>
        ["check", "--model", tiny.Model, .. data, "--max-steps", "2", "--general", "none", "--threads", "1", "--eval-rows", "2"];

    [Theory]
    [InlineData("check")]
    [InlineData("train")]
    public async Task Pairs_and_labels_are_refused_with_the_remedy_in_one_message(string command)
    {
        var pairs = tiny.Write("pairs.jsonl", string.Concat(Enumerable.Repeat("{\"prompt\": \"p\", \"chosen\": \"a\", \"rejected\": \"b\"}\n", 30)));
        var labels = tiny.Write("kto.jsonl", string.Concat(Enumerable.Repeat("{\"prompt\": \"p\", \"completion\": \"a\", \"label\": true}\n", 30)));
        foreach (var (file, remedy) in new[] { (pairs, "data.columns: {prompt: prompt, completion: chosen}"), (labels, "whose label is true") })
        {
            var run = await CliRun.Of([command, .. Check("--data", file, "--output", tiny.At("run"), "--json").Skip(1)]);
            Assert.Equal(2, run.ExitCode);
            var problem = Assert.Single(run.Json.GetProperty("problems").EnumerateArray());
            Assert.Contains("no objective of this version", problem.GetProperty("message").GetString());
            Assert.Contains(remedy, problem.GetProperty("remedy").GetString());
            Assert.False(Directory.Exists(tiny.At("run")));
        }
        Assert.Equal(0, (await CliRun.Of(Check("--data", pairs, "--columns", "prompt=prompt", "completion=chosen"))).ExitCode);
    }

    [Fact]
    public async Task A_folder_brings_its_training_validation_and_test_rows()
    {
        Directory.CreateDirectory(tiny.At("set"));
        foreach (var (name, letter) in new[] { ("train.jsonl", 'a'), ("dev.jsonl", 'b'), ("test.jsonl", 'c') })
            tiny.Write("set/" + name, string.Concat(Enumerable.Range(0, 9).Select(i => $"{{\"prompt\": \"{letter}{i}?\", \"completion\": \"x\"}}\n")));
        var run = await CliRun.Of("train", "--model", tiny.Model, "--data", tiny.At("set"), "--output", tiny.At("run"), "--max-steps", "2", "--general", "none", "--threads", "1", "--eval-rows", "2");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.All((string[])["train", "valid", "test"], role => Assert.Contains(run.Error.Split('\n'), l => l.StartsWith(role + " ", StringComparison.Ordinal)));
        Assert.Contains("found in the folder by its name", run.Error);
        var recipe = await File.ReadAllTextAsync(tiny.At("run/recipe.yaml"), TestContext.Current.CancellationToken);
        Assert.Contains("valid: " + tiny.At("set/dev.jsonl"), recipe);
        Assert.Contains("train: " + tiny.At("set/train.jsonl"), recipe);
    }

    [Fact]
    public async Task A_report_says_what_is_wrong_in_words_and_as_one_document()
    {
        var path = tiny.Write("rows.jsonl", "{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"prompt\": \"A\", \"completion\": \"b\"}\n{broken\n");
        var text = await CliRun.Of("data", "report", path);
        Assert.True(text.ExitCode == 0, text.Error);
        Assert.Contains("1 of 3 rows cannot be learned from", string.Join(' ', text.Out.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Contains("rows.jsonl, row 2 says the same as row 1", text.Out, StringComparison.Ordinal);
        var json = (await CliRun.Of("data", "report", path, "--set", "examples=0", "--json")).Json;
        Assert.Equal(3, json.GetProperty("rows").GetInt32());
        var exact = json.GetProperty("checks").EnumerateArray().Single(static c => c.GetProperty("check").GetString() == "exact");
        Assert.Equal(1, exact.GetProperty("rows").GetInt32());
        Assert.Equal(0, exact.GetProperty("examples").GetArrayLength());
        Assert.Equal(2, (await CliRun.Of("data", "report", tiny.At("missing.jsonl"))).ExitCode);
        Assert.Equal(2, (await CliRun.Of("data", "report", path, "--set", "exmples=1")).ExitCode);
    }

    /// <summary>What docs/data-quality.md shows: nothing of the bundled test rows has leaked, and no two answers contradict each other.</summary>
    [Fact]
    public async Task The_bundled_rows_are_as_the_documentation_shows_them()
    {
        var json = (await CliRun.Of("data", "report", Path.Combine(SharedData.RepositoryRoot, "recipes", "data", "support"), "--json")).Json;
        var rows = json.GetProperty("checks").EnumerateArray().ToDictionary(static c => c.GetProperty("check").GetString()!, static c => c.GetProperty("rows").GetInt32());
        Assert.Equal((0, 0, 0, 15, 67), (rows["unreadable"], rows["contamination"], rows["conflict"], rows["exact"], rows["near"]));
    }

    [Fact]
    public async Task Cleaning_writes_the_rows_that_stay_and_the_list_of_the_others()
    {
        var path = tiny.Write("rows.jsonl", "{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"prompt\": \"A\", \"completion\": \"b\"}\n{broken\n");
        var run = await CliRun.Of("data", "clean", path, "--remedy", "exact", "--out", tiny.At("clean.jsonl"), "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("--remedy unreadable", run.Error, StringComparison.Ordinal);
        Assert.Equal((2, 1, 1), (run.Json.GetProperty("kept").GetInt32(), run.Json.GetProperty("dropped").GetInt32(), run.Json.GetProperty("unreadable_kept").GetInt32()));
        Assert.Equal("{\"prompt\": \"a\", \"completion\": \"b\"}\n{broken\n", await File.ReadAllTextAsync(tiny.At("clean.jsonl"), TestContext.Current.CancellationToken));
        Assert.True(File.Exists(tiny.At("clean.jsonl.dropped.jsonl")));
        Assert.Contains("would go", (await CliRun.Of("data", "clean", path, "--remedy", "exact", "--dry-run")).Out, StringComparison.Ordinal);
        var missing = await CliRun.Of("data", "clean", path, "--remedy", "exact");
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("--dry-run", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mixture_says_how_often_each_row_is_seen()
    {
        var more = tiny.Write("more.json", "{\"about\": \"x\", \"rows\": [" + string.Join(",", Enumerable.Range(0, 12).Select(i => $"[\"other {i}\", \"b\"]")) + "]}");
        var run = await CliRun.Of(Check("--data", tiny.At("train.jsonl"), $"{{path: '{more}#rows', weight: 0.5, columns: {{prompt: '0', completion: '1'}}}}", "--valid-fraction", "0"));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("train.jsonl: completion in jsonl, 24 rows, each seen 1 times an epoch: 80", run.Error);
        Assert.Contains("more.json#rows: completion in json, 12 rows, each seen 0.5 times an epoch: 20", run.Error);
    }
}
