using System.Text.Json;
using Attune.Reports;

namespace Attune.Tests.Cli;

/// <summary><c>attune data select</c> as a user calls it.</summary>
public sealed class DataSelectCommandTests : IDisposable
{
    private readonly Runs.TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    private string[] Select(params string[] more) => ["data", "select", "--model", tiny.Path, "--data", tiny.Data, "--out", tiny.FileOf("kept.jsonl"), "--threads", "1", .. more];

    /// <summary>From the rows to the report of a run on those that were kept, which says how they were chosen as long as they are the same.</summary>
    [Fact]
    public async Task Kept_rows_are_rows_of_the_file_and_the_report_says_how_they_were_chosen()
    {
        var run = await CliRun.Of(Select("--by", "ifd", "--keep", "30%"));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("of 60 rows of rows.jsonl, chosen by ifd (30%, spread over ", run.Out);
        Assert.Contains("instruction-following difficulty", run.Out);
        Assert.Contains("first in order:", run.Out);
        var kept = File.ReadAllLines(tiny.FileOf("kept.jsonl"));
        // Byte for byte, in the order of the file.
        Assert.Equal(File.ReadAllLines(tiny.Data).Where(kept.Contains), kept);
        Assert.InRange(kept.Length, 1, 18);

        Assert.Contains($"{kept.Length} of 60 rows of rows.jsonl, chosen by ifd (30%, spread over ", await Report("run"));
        await File.AppendAllTextAsync(tiny.FileOf("kept.jsonl"), File.ReadAllLines(tiny.Data)[0] + "\n", TestContext.Current.CancellationToken);
        Assert.DoesNotContain("chosen by ifd", await Report("changed"));
    }

    private async Task<string> Report(string name)
    {
        var run = await CliRun.Of(["train", .. tiny.Settings(name).Append($"data.train={tiny.FileOf("kept.jsonl")}").Append("train.max_steps=2").SelectMany(static s => (string[])["--set", s]), "--general", "none", "--threads", "1"]);
        Assert.True(run.ExitCode == 0, run.Error);
        return await File.ReadAllTextAsync(Path.Combine(tiny.FileOf(name), "report.md"), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task As_json_there_is_one_document()
    {
        var run = await CliRun.Of(Select("--by", "facility", "--keep", "12", "--json"));
        Assert.True(run.ExitCode == 0, run.Error);
        var account = run.Json.GetProperty("account");
        Assert.Equal((12, 60, 60, 0), (account.GetProperty("kept").GetInt32(), account.GetProperty("rows").GetInt32(), run.Json.GetProperty("measured").GetInt32(), run.Json.GetProperty("resumed").GetInt32()));
        var written = JsonElement.Parse(await File.ReadAllTextAsync(tiny.FileOf("kept.selection.json"), TestContext.Current.CancellationToken));
        Assert.True(JsonElement.DeepEquals(account, written));
        Assert.Equal(ManifestFile.Of("", tiny.FileOf("kept.jsonl"), TestContext.Current.CancellationToken).Sha256, account.GetProperty("sha256").GetString());
        Assert.Contains("100 % · 60/60", run.Error);
    }

    [Fact]
    public async Task What_the_budget_is_spread_over_is_said()
    {
        var run = await CliRun.Of(Select("--by", "random", "--keep", "30"));
        Assert.Contains("chosen within each of ", run.Out);
        Assert.Contains("the labels are the answers (--per none chooses over all rows alike)", run.Out);
        run = await CliRun.Of(Select("--by", "random", "--keep", "30", "--per", "none"));
        Assert.DoesNotContain("labels", run.Out);
        run = await CliRun.Of(Select("--by", "random", "--keep", "30", "--per", "topic"));
        Assert.True(run.ExitCode == 2 && run.Error.Contains("--per topic", StringComparison.Ordinal) && run.Error.Contains("is no field of the rows", StringComparison.Ordinal), run.Error);
    }

    [Fact]
    public async Task Rows_of_a_table_stay_a_table()
    {
        var table = tiny.FileOf("rows.csv");
        await File.WriteAllTextAsync(table, "question,label\n" + string.Concat(Enumerable.Range(0, 20).Select(static i => $"\"Where, {i}?\",item={i % 3}\n")), TestContext.Current.CancellationToken);
        var run = await CliRun.Of("data", "select", "--model", tiny.Path, "--data", table, "--columns", "prompt=question", "completion=label", "--by", "k-centre", "--keep", "5", "--out", tiny.FileOf("kept.csv"), "--threads", "1");
        Assert.True(run.ExitCode == 0, run.Error);
        var kept = await File.ReadAllLinesAsync(tiny.FileOf("kept.csv"), TestContext.Current.CancellationToken);
        Assert.Equal("question,label", kept[0]);
        Assert.Equal(6, kept.Length);
        Assert.Subset((await File.ReadAllLinesAsync(table, TestContext.Current.CancellationToken)).ToHashSet(), kept.ToHashSet());
    }

    [Fact]
    public async Task Wrong_wishes_are_refused_in_one_message()
    {
        foreach (var (args, message) in new (string[], string)[]
        {
            (["--by", "perplexty", "--keep", "5"], "did you mean perplexity?"),
            (["--by", "best", "--keep", "5"], "known are random, perplexity, ifd, less"),
            (["--by", "random", "--keep", "61"], "only 60 rows"),
            (["--by", "random", "--keep", "none"], "20000t"),
            (["--by", "less", "--keep", "5"], "--valid"),
            (["--by", "random", "--keep", "5", "--valid", tiny.Data], "no row is left"),
            (["--by", "random", "--keep", "5", "--projection", "1"], "64 to 65536"),
        })
        {
            var run = await CliRun.Of([.. Select(args), "--json"]);
            Assert.True(run.ExitCode == 2, $"{message}: {run.Error}");
            var problem = Assert.Single(run.Json.GetProperty("problems").EnumerateArray()).GetRawText();
            Assert.Contains(message, problem);
            Assert.False(File.Exists(tiny.FileOf("kept.jsonl")));
        }
    }

    /// <summary>The recipe as it stands, on a tiny model and its rows.</summary>
    [Fact]
    public async Task The_recipe_runs()
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(SharedData.RepositoryRoot, "recipes", "select.yaml"), TestContext.Current.CancellationToken);
        var command = Assert.Single(lines, static l => l.Contains("data select", StringComparison.Ordinal)).Split(" -- ")[1]
            .Replace("models/attune-base", tiny.Path, StringComparison.Ordinal).Replace("runs/support-selected.jsonl", tiny.FileOf("selected.jsonl"), StringComparison.Ordinal)
            .Replace("recipes/data/support/train.jsonl", tiny.Data, StringComparison.Ordinal).Replace("recipes/data/support/", Path.Combine(SharedData.RepositoryRoot, "recipes", "data", "support") + "/", StringComparison.Ordinal);
        var run = await CliRun.Of([.. command.Split(' '), "--threads", "1"]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(18, File.ReadAllLines(tiny.FileOf("selected.jsonl")).Length);

        var yaml = string.Join('\n', lines).Replace("../runs/support-selected.jsonl", tiny.FileOf("selected.jsonl"), StringComparison.Ordinal).Replace("../models/attune-base", tiny.Path, StringComparison.Ordinal)
            .Replace("data/support/valid.jsonl", tiny.Data, StringComparison.Ordinal).Replace("data/support/test.jsonl", tiny.Data, StringComparison.Ordinal);
        await File.WriteAllTextAsync(tiny.FileOf("recipe.yaml"), yaml, TestContext.Current.CancellationToken);
        string[] settings = [$"output={tiny.FileOf("run")}", "train.max_steps=2", "train.threads=1", "eval.rows=2", "eval.general=none", "eval.metrics=[first-line, loss]"];
        run = await CliRun.Of(["train", tiny.FileOf("recipe.yaml"), .. settings.SelectMany(static s => (string[])["--set", s])]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("selected: 18 of 60 rows", run.Error);
    }
}
