using Attune.Problems;
using Attune.Runs;

namespace Attune.Tests.Cli;

/// <summary>What is wrong with the input is said once, with its place and a remedy, and costs nothing that was there before.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    // What is broken, how, and what the message must name.
    private static readonly Dictionary<string, (Action<TinyModel> Break, string Place, string Message)> Cases = new()
    {
        ["no model folder"] = (static t => Directory.Delete(t.Model, true), "model", "there is no"),
        ["no config.json"] = (static t => File.Delete(Path.Combine(t.Model, "config.json")), "config.json", ""),
        ["no weights"] = (static t => File.Delete(Path.Combine(t.Model, "model.safetensors")), "model", "safetensors"),
        ["truncated weights"] = (static t => Cut(t, bytes => bytes[..(bytes.Length / 2)]), "model.safetensors", ""),
        ["a header that lies"] = (static t => Cut(t, bytes => [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, .. bytes[8..]]), "model.safetensors", "header"),
        ["a wrong type"] = (static t => Cut(t, bytes => Replace(bytes, "\"F32\"", "\"I32\"")), "model", "I32"),
        ["a wrong shape"] = (static t => Config(t, "\"intermediate_size\": 64", "\"intermediate_size\": 65"), "model", "shape"),
        ["an unknown architecture"] = (static t => Config(t, "\"llama\"", "\"mamba9\""), "model_type", "mamba9"),
        ["a config that is no JSON"] = (static t => Config(t, "{", "{,"), "config.json", "JSON"),
        ["a tokenizer that is no JSON"] = (static t => File.WriteAllText(Path.Combine(t.Model, "tokenizer.json"), "{"), "tokenizer.json", ""),
        ["a template that is no Jinja"] = (static t => File.WriteAllText(Path.Combine(t.Model, "chat_template.jinja"), "{% if %}"), "chat_template.jinja", ""),
        ["a malformed row"] = (static t => Rows(t, static rows => rows[16] = "{\"prompt\": "), "train.jsonl, row 17", "JSON"),
        ["a row without its field"] = (static t => Rows(t, static rows => rows[4] = "{\"prompt\": \"x\"}"), "train.jsonl, row 5", "completion"),
        ["no rows"] = (static t => t.Write("train.jsonl", ""), "train.jsonl", "no rows"),
        ["rows that are all too long"] = (static t => t.Write("train.jsonl", $"{{\"prompt\": \"{new string('x', 200)}\", \"completion\": \"y\"}}\n"), "train.jsonl", "longer than"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_broken_input_is_exit_2(string name)
    {
        var (damage, place, message) = Cases[name];
        damage(tiny);
        var run = await CliRun.Of(tiny.Train("--json"));
        Assert.Equal(2, run.ExitCode);
        var problem = run.Json.GetProperty("problems")[0];
        Assert.Contains(place, problem.GetProperty("place").GetString());
        Assert.Contains(message, problem.GetProperty("message").GetString());
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("remedy").GetString()), run.Error);
        Assert.DoesNotContain("   at ", run.Error);
        Assert.False(Directory.Exists(tiny.At("run")));
    }

    [Fact]
    public async Task A_misspelled_key_is_exit_2_with_a_suggestion()
    {
        var recipe = tiny.Write("r.yaml", $"model: {tiny.Model}\ndata: {{train: train.jsonl}}\ntrain: {{lerning_rate: 1}}\n");
        var run = await CliRun.Of("train", recipe);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("r.yaml, line 3, column", run.Error);
        Assert.Contains("did you mean train.learning_rate?", run.Error);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_exit_1()
    {
        var run = await CliRun.Of(tiny.TrainInto("train.jsonl/run"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("train.jsonl/run", run.Error);
        Assert.Contains("→ set output", run.Error);
        Assert.DoesNotContain("bug", run.Error);
        var logits = await CliRun.Of("logits", "--model", tiny.Model, "--ids", tiny.Write("i.json", "[1]"), "--out", tiny.At("train.jsonl/l.safetensors"));
        Assert.Equal(1, logits.ExitCode);
        Assert.DoesNotContain("bug", logits.Error);
    }

    [Fact]
    public void A_disk_that_is_too_small_is_refused_before_the_first_step()
    {
        var run = RunDirectory.Create(tiny.At("run"), "m", "d", TimeProvider.System);
        var e = Assert.Throws<RunFailedException>(() => run.RequireRoom(1L << 60));
        Assert.Contains("MB are free", e.Problem.Message);
        Assert.NotEmpty(e.Problem.Remedy);
    }

    [Fact]
    public async Task A_run_that_is_there_is_not_written_over()
    {
        Assert.Equal(0, (await CliRun.Of(tiny.Train())).ExitCode);
        var files = Directory.GetFiles(tiny.At("run"), "*", SearchOption.AllDirectories).Order().ToDictionary(static f => f, File.ReadAllBytes);
        var run = await CliRun.Of(tiny.Train());
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("holds a run already", run.Error);
        Assert.All(files, static f => Assert.Equal(f.Value, File.ReadAllBytes(f.Key)));
    }

    [Fact]
    public async Task An_adapter_of_another_base_is_refused()
    {
        Assert.Equal(0, (await CliRun.Of(tiny.Train())).ExitCode);
        Cut(tiny, static bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]);
        var run = await CliRun.Of("generate", "--model", tiny.Model, "--adapter", tiny.At("run/adapter"), "--prompt", "x");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("other weights", run.Error);
    }

    private static void Cut(TinyModel t, Func<byte[], byte[]> change)
    {
        var path = Path.Combine(t.Model, "model.safetensors");
        File.WriteAllBytes(path, change(File.ReadAllBytes(path)));
    }

    private static byte[] Replace(byte[] bytes, string old, string with)
    {
        var text = System.Text.Encoding.Latin1.GetString(bytes);
        return System.Text.Encoding.Latin1.GetBytes(text.Replace(old, with, StringComparison.Ordinal));
    }

    private static void Config(TinyModel t, string old, string with)
    {
        var path = Path.Combine(t.Model, "config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace(old, with, StringComparison.Ordinal));
    }

    private static void Rows(TinyModel t, Action<string[]> change)
    {
        var rows = File.ReadAllLines(t.At("train.jsonl"));
        change(rows);
        File.WriteAllLines(t.At("train.jsonl"), rows);
    }
}
