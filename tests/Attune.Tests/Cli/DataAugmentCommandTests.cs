using System.Text.Json;
using Attune.Tests.Distillation;

namespace Attune.Tests.Cli;

/// <summary><c>attune data augment</c> as a user calls it.</summary>
public sealed class DataAugmentCommandTests : IDisposable
{
    private readonly Runs.TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    private string[] Augment(string by, string name, params string[] more) => ["data", "augment", "--data", tiny.Data, "--by", by, "--out", tiny.FileOf(name), .. more];

    [Fact]
    public async Task Rules_make_rows_that_a_run_takes_beside_the_others()
    {
        var run = await CliRun.Of(Augment("swaps,deletions", "a.jsonl", "--times", "2"));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("120 new rows of 60, 120 were wanted", run.Out);
        Assert.Contains($"attune train --model MODEL --data {tiny.Data} {tiny.FileOf("a.jsonl")}", run.Out);
        var again = await CliRun.Of(Augment("swaps,deletions", "b.jsonl", "--times", "2", "--json"));
        Assert.Equal(File.ReadAllBytes(tiny.FileOf("a.jsonl")), File.ReadAllBytes(tiny.FileOf("b.jsonl")));
        Assert.Equal((60, 120, 120), (again.Json.GetProperty("parents").GetInt32(), again.Json.GetProperty("wanted").GetInt32(), again.Json.GetProperty("made").GetInt32()));
        Assert.Equal(2, again.Json.GetProperty("augmenters").GetArrayLength());

        var train = await CliRun.Of("train", "--model", tiny.Path, "--data", tiny.Data, tiny.FileOf("a.jsonl"), "--output", tiny.FileOf("run"), "--max-steps", "2", "--eval-rows", "2", "--general", "none", "--threads", "1");
        Assert.True(train.ExitCode == 0, train.Error);
        Assert.DoesNotContain("not used by the shape", train.Error);
        Assert.Matches("augmented rows: [0-9]+ of the training rows; 30 were left out whose parents are validation", train.Error);
        Assert.Contains("30 augmented rows are not trained on", train.Error);
        Assert.Contains("Augmented rows", File.ReadAllText(Path.Combine(tiny.FileOf("run"), "report.md")));
    }

    /// <summary>A server that is busy, talks rubbish, and dies in the middle; then the same command goes on.</summary>
    [Fact]
    public async Task A_server_writes_and_the_same_command_goes_on_where_it_died()
    {
        var dies = true;
        using var server = new LoopbackServer((request, n) => n % 5 == 0 ? new Reply(429, "{\"error\": {\"message\": \"slow down\"}}", ("Retry-After", "0"))
            : n > 30 && dies ? new Reply(200, "<html>gone</html>")
            : n % 7 == 0 ? Reply.Of("!!!") : Reply.Of($"Kindly tell me about the {Words(request)[^4]} of order {Words(request)[^1]}"));
        string[] command = [.. Augment("paraphrase", "s.jsonl"), "--server", server.Address, "--server-model", "big", "--parallel", "1", "--retries", "2", "--json"];
        var run = await CliRun.Of(command);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("are kept in", Assert.Single(run.Json.GetProperty("problems").EnumerateArray()).GetProperty("message").GetString());
        var kept = File.ReadAllLines(tiny.FileOf("s.step1.jsonl")).Length - 1;
        Assert.InRange(kept, 15, 30);

        dies = false;
        var asked = server.Requests;
        run = await CliRun.Of(command);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.InRange(server.Requests - asked, 60 - kept, 80 - kept);
        var augmenter = run.Json.GetProperty("augmenters")[0];
        Assert.Equal(60, augmenter.GetProperty("kept").GetInt32() + augmenter.GetProperty("dropped").EnumerateObject().Sum(static d => d.Value.GetInt32()));
        Assert.InRange(augmenter.GetProperty("dropped").GetProperty("too short").GetInt32(), 3, 12);
        Assert.Equal(augmenter.GetProperty("kept").GetInt32(), File.ReadAllLines(tiny.FileOf("s.jsonl")).Length);
        Assert.All(File.ReadAllLines(tiny.FileOf("s.jsonl")), static l => Assert.Equal("paraphrase", JsonDocument.Parse(l).RootElement.GetProperty("augmented_by").GetString()));

        static string[] Words(JsonElement request) => request.GetProperty("messages")[0].GetProperty("content").GetString()!.TrimEnd('?').Split(' ');
    }

    /// <summary>A model of random weights writes rubbish: one message, and what it wrote is kept.</summary>
    [Fact]
    public async Task A_local_model_is_asked_and_its_rubbish_is_counted()
    {
        var run = await CliRun.Of(Augment("self-instruct", "l.jsonl", "--model", tiny.Path, "--shown", "1", "--max-new-tokens", "4", "--threads", "1", "--json"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no row could be made: self-instruct: ", Assert.Single(run.Json.GetProperty("problems").EnumerateArray()).GetProperty("message").GetString());
        Assert.True(File.Exists(tiny.FileOf("l.step1.jsonl")));

        // Its own answers to new prompts agree with no label.
        run = await CliRun.Of(Augment("swaps", "c.jsonl", "--model", tiny.Path, "--check", "first-line", "--max-new-tokens", "4", "--threads", "1"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("the teacher answers something else", run.Error);
    }

    [Fact]
    public async Task Wrong_wishes_are_refused_in_one_message()
    {
        foreach (var (args, code, message) in new (string[], int, string)[]
        {
            (Augment("swops", "x.jsonl"), 2, "did you mean swaps?"),
            (Augment("", "x.jsonl"), 2, "choose among synonyms"),
            (Augment("paraphrase", "x.jsonl"), 2, "needs a model"),
            (Augment("swaps", "x.jsonl", "--model", tiny.Path), 2, "nothing here is written by a model"),
            (Augment("swaps", "x.jsonl", "--temperature", "1"), 2, "nothing here is written by a model"),
            (Augment("swaps", "x.jsonl", "--target", "5"), 2, "without --balance"),
            (Augment("numbers", "x.jsonl", "--alpha", "0.2"), 2, "no effect without"),
            (Augment("swaps", "x.jsonl", "--alpha", "2"), 2, "from 0.001 to 1"),
            (Augment("swaps", "x.jsonl", "--times", "0"), 2, "from 1 to 1000"),
            (Augment("swaps", "x.jsonl", "--balance", "colour"), 2, "is no field of the rows"),
            (Augment("swaps", "x.jsonl", "--check", "rouge-l", "--model", tiny.Path), 2, "right or wrong"),
            (Augment("names", "x.jsonl"), 1, "nothing in the prompt that it may change"),
            (Augment("paraphrase", "x.jsonl", "--server", $"http://127.0.0.1:{LoopbackServer.FreePort()}/v1", "--server-model", "m", "--retries", "0"), 1, "cannot be reached"),
            (["data", "augment", "--data", tiny.FileOf("none.jsonl"), "--by", "swaps", "--out", tiny.FileOf("x.jsonl")], 2, "expected an existing file"),
        })
        {
            var run = await CliRun.Of(args);
            Assert.True(run.ExitCode == code, $"{message}: {run.ExitCode} {run.Error}");
            Assert.Contains(message, run.Error);
        }
        Assert.False(File.Exists(tiny.FileOf("x.jsonl")));
        Assert.False(File.Exists(tiny.FileOf("x.step1.jsonl")));
    }

    /// <summary>The recipe as it stands, on a tiny model and its rows.</summary>
    [Fact]
    public async Task The_recipe_runs()
    {
        Assert.Equal(0, (await CliRun.Of(Augment("swaps", "a.jsonl"))).ExitCode);
        var folder = Path.Combine(SharedData.RepositoryRoot, "recipes");
        var yaml = (await File.ReadAllTextAsync(Path.Combine(folder, "augment.yaml"), TestContext.Current.CancellationToken))
            .Replace("../runs/support-augmented.jsonl", tiny.FileOf("a.jsonl"), StringComparison.Ordinal).Replace("data/support/train.jsonl", tiny.Data, StringComparison.Ordinal)
            .Replace("data/support/", Path.Combine(folder, "data", "support") + "/", StringComparison.Ordinal).Replace("../models/attune-base", tiny.Path, StringComparison.Ordinal);
        await File.WriteAllTextAsync(tiny.FileOf("recipe.yaml"), yaml, TestContext.Current.CancellationToken);
        File.Copy(tiny.Data, tiny.FileOf("v.jsonl"));
        string[] settings = [$"data.valid={tiny.FileOf("v.jsonl")}", $"data.test={tiny.FileOf("t.jsonl")}", $"output={tiny.FileOf("run")}", "train.max_steps=2", "train.threads=1", "eval.rows=2", "eval.general=none", "eval.metrics=[first-line, loss]"];
        await File.WriteAllTextAsync(tiny.FileOf("t.jsonl"), """{"messages":[{"role":"user","content":"What is new?"},{"role":"assistant","content":"item=lamp"}]}""", TestContext.Current.CancellationToken);
        // Validation rows are all parents here, so that no made row is left.
        var run = await CliRun.Of(["train", tiny.FileOf("recipe.yaml"), .. settings.SelectMany(static s => (string[])["--set", s])]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("60 were left out", run.Error);
    }
}
