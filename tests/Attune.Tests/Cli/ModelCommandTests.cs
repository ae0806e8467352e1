using System.Globalization;
using System.Text.Json;
using Attune.Cli;
using Attune.Formats;
using Attune.Problems;
using Attune.Runs;

namespace Attune.Tests.Cli;

/// <summary>The commands that ask a model.</summary>
public sealed class ModelCommandTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public async Task Generate_writes_what_the_reference_says()
    {
        var story = SharedData.Require("models", "stories260K");
        using var reference = JsonDocument.Parse(File.ReadAllText(Path.Combine(story, "reference.json")));
        var first = reference.RootElement.GetProperty("greedy")[0];
        var run = await CliRun.Of("generate", "--model", story, "--prompt", first.GetProperty("prompt").GetString()!, "--max-new-tokens", "20", "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Ids(first, "prompt_ids"), Ids(run.Json, "prompt_ids"));
        Assert.Equal(Ids(first, "greedy_ids").Take(20), Ids(run.Json, "ids"));
        Assert.Equal("length", run.Json.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Generate_uses_the_template_unless_it_is_told_not_to()
    {
        var templated = await CliRun.Of("generate", "--model", tiny.Model, "--prompt", "hi", "--max-new-tokens", "5", "--json");
        var raw = await CliRun.Of("generate", "--model", tiny.Model, "--prompt", "hi", "--max-new-tokens", "5", "--json", "--raw");
        Assert.Equal(2, Ids(raw.Json, "prompt_ids").Length);
        Assert.True(Ids(templated.Json, "prompt_ids").Length > 10);
        var text = await CliRun.Of("generate", "--model", tiny.Model, "--prompt", "hi", "--max-new-tokens", "5");
        Assert.Equal(templated.Json.GetProperty("text").GetString() + "\n", text.Out);
    }

    [Fact]
    public async Task Generate_reads_prompts_from_a_file_and_draws_the_same_for_the_same_seed()
    {
        var file = tiny.Write("prompts.jsonl", "\"one\"\n{\"prompt\": \"two\"}\n");
        string[] args = ["generate", "--model", tiny.Model, "--prompts", file, "--max-new-tokens", "8", "--temperature", "1", "--json"];
        var a = await CliRun.Of([.. args, "--seed", "3"]);
        Assert.Equal(2, a.Json.GetArrayLength());
        Assert.Equal(a.Out, (await CliRun.Of([.. args, "--seed", "3"])).Out);
        Assert.NotEqual(a.Out, (await CliRun.Of([.. args, "--seed", "4"])).Out);
        var wrong = await CliRun.Of("generate", "--model", tiny.Model, "--prompts", tiny.Write("bad.jsonl", "\"one\"\n17\n"));
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("bad.jsonl, row 2", wrong.Error);
    }

    [Theory]
    [InlineData("--top-k 5", "--temperature")]
    [InlineData("--temperature -1", "from 0")]
    [InlineData("--top-p 0 --temperature 1", "at most 1")]
    [InlineData("--max-new-tokens 0", "from 1")]
    [InlineData("--threads 0", "threads")]
    [InlineData("--prompts x", "--prompt ")]
    [InlineData("--template nowhere.jinja", "nowhere.jinja")]
    public async Task Options_out_of_range_or_without_effect_are_refused(string options, string message)
    {
        var run = await CliRun.Of(["generate", "--model", tiny.Model, "--prompt", "x", .. options.Split(' ')]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public async Task Chat_answers_line_by_line_and_keeps_what_was_said()
    {
        var run = await CliRun.With("hi\n/reset\nhi\nmore\n/system be kind\nhi\n/what\n/quit\nnot read\n", [], "chat", "--model", tiny.Model, "--max-new-tokens", "4", "--json", "--quiet");
        Assert.Equal(0, run.ExitCode);
        var messages = run.Json.GetProperty("messages").EnumerateArray().Select(static m => m.GetProperty("role").GetString() + ":" + m.GetProperty("content").GetString()).ToArray();
        Assert.Equal(["system:be kind", "user:hi"], messages[..2]);
        Assert.Equal(3, messages.Length);

        var text = await CliRun.With("hi\n/reset\nhi\n", [], "chat", "--model", tiny.Model, "--max-new-tokens", "4");
        var lines = text.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines[..(lines.Length / 2)], lines[(lines.Length / 2)..]);
        Assert.Contains("/reset", text.Error);
    }

    [Fact]
    public async Task A_long_chat_leaves_the_oldest_out_and_says_so()
    {
        var run = await CliRun.With(string.Concat(Enumerable.Repeat("0123456789\n", 6)), [], "chat", "--model", tiny.Model, "--max-new-tokens", "4");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("left out", run.Error);
    }

    [Fact]
    public async Task Ctrl_C_ends_the_answer_first_and_the_program_second()
    {
        using var stop = new CancellationTokenSource();
        using var output = new InterruptingWriter();
        var terminal = new Terminal(new StringReader("hi\nagain\n"), output, TextWriter.Null);
        output.OnText = () => output.Taken.Add(terminal.Interrupts.TryHandle());
        var code = await new Shell(terminal).RunAsync(["chat", "--model", tiny.Model, "--max-new-tokens", "50", "--temperature", "1"], stop.Token);
        Assert.Equal(0, code);
        Assert.Contains(true, output.Taken);
        Assert.False(terminal.Interrupts.TryHandle());

        await stop.CancelAsync();
        Assert.Equal(ExitCode.Stopped, await new Shell(terminal).RunAsync(["chat", "--model", tiny.Model], stop.Token));
    }

    [Fact]
    public async Task A_model_without_template_cannot_chat_and_both_remedies_are_named()
    {
        using var plain = new TinyModel(template: false);
        var run = await CliRun.With("hi\n", [], "chat", "--model", plain.Model);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--template chatml", run.Error);
        Assert.Contains("attune generate", run.Error);
        Assert.Equal(0, (await CliRun.With("hi\n", [], "chat", "--model", plain.Model, "--template", "chatml", "--max-new-tokens", "2")).ExitCode);
    }

    [Fact]
    public async Task Logits_are_the_models_and_so_is_the_loss()
    {
        var ids = Enumerable.Range(0, 96).Select(static i => i * 7 % TinyModel.Vocabulary).ToArray();
        var run = await CliRun.Of("logits", "--model", tiny.Model, "--ids", tiny.Write("ids.json", JsonSerializer.Serialize(ids)), "--out", tiny.At("l.safetensors"), "--json");
        Assert.Equal((0, 96, TinyModel.Vocabulary), (run.ExitCode, run.Json.GetProperty("tokens").GetInt32(), run.Json.GetProperty("vocabulary").GetInt32()));
        using var file = SafeTensorsFile.Open(tiny.At("l.safetensors"));
        var entry = file.Entries["logits"];
        Assert.Equal([96, TinyModel.Vocabulary], entry.Shape);
        var logits = file.ReadFloats(entry);
        double sum = 0;
        for (var i = 0; i + 1 < ids.Length; i++)
            sum += SequenceLogits.Loss(logits.AsSpan(i * TinyModel.Vocabulary, TinyModel.Vocabulary), ids[i + 1]);
        Assert.Equal(sum / 95, run.Json.GetProperty("loss").GetDouble(), 12);
        // The first row does not depend on what follows.
        await CliRun.Of("logits", "--model", tiny.Model, "--ids", tiny.Write("one.json", "[0]"), "--out", tiny.At("one.safetensors"));
        using var one = SafeTensorsFile.Open(tiny.At("one.safetensors"));
        Assert.Equal(logits[..8].Select(static x => Math.Round(x, 3)), one.ReadFloats(one.Entries["logits"])[..8].Select(static x => Math.Round(x, 3)));
    }

    [Theory]
    [InlineData("[]", "no ids")]
    [InlineData("[1, 264]", "not an id")]
    [InlineData("[-1]", "not an id")]
    [InlineData("[1.5]", "whole numbers")]
    [InlineData("{}", "whole numbers")]
    [InlineData("[1", "whole numbers")]
    public async Task Wrong_ids_are_refused(string ids, string message)
    {
        var run = await CliRun.Of("logits", "--model", tiny.Model, "--ids", tiny.Write("ids.json", ids), "--out", tiny.At("x.safetensors"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
        Assert.False(File.Exists(tiny.At("x.safetensors")));
    }

    [Fact]
    public async Task Eval_measures_a_model_and_writes_the_answers()
    {
        var run = await CliRun.Of("eval", "--model", tiny.Model, "--data", tiny.At("test.jsonl"), "--general", "none", "--rows", "4", "--max-new-tokens", "5", "--answers", tiny.At("a.jsonl"), "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal((6, 4), (run.Json.GetProperty("rows").GetInt32(), run.Json.GetProperty("answers").GetInt32()));
        var values = run.Json.GetProperty("values").EnumerateArray().ToDictionary(static v => v.GetProperty("metric").GetString()!, static v => v.GetProperty("value").GetDouble());
        Assert.Equal(Math.Exp(values["loss"]), values["perplexity"], 6);
        Assert.False(run.Json.TryGetProperty("metrics", out _));
        Assert.Equal(4, File.ReadAllLines(tiny.At("a.jsonl")).Length);
        var text = await CliRun.Of("eval", "--model", tiny.Model, "--data", tiny.At("test.jsonl"), "--general", "none", "--rows", "0");
        Assert.Contains("perplexity", text.Out);
        Assert.DoesNotContain("0/0", text.Error);
        Assert.Equal(2, (await CliRun.Of("eval", "--model", tiny.Model, "--data", tiny.At("test.jsonl"), "--metrics", "regex:(")).ExitCode);
    }

    [Fact]
    public async Task Eval_compares_two_models_on_the_same_rows_and_writes_the_report()
    {
        var data = tiny.Write("choices.jsonl", string.Concat(Enumerable.Range(0, 6).Select(static i =>
            $"{{\"prompt\": \"q{i}?\", \"completion\": \"{(i % 2 == 0 ? "yes" : "no")}\", \"options\": [\"yes\", \"no\", \"perhaps\"]}}\n")));
        var run = await CliRun.Of(
            "eval", "--model", tiny.Model, "--against", tiny.Model, "--data", data, "--metrics", "label", "choice:options", "loss", "--max-new-tokens", "4",
            "--out", tiny.At("report"), "--json");
        Assert.Equal(0, run.ExitCode);
        var metrics = run.Json.GetProperty("metrics").EnumerateArray().ToArray();
        Assert.Equal(
            ["label accuracy", "macro-F1 over labels", "right choice by likelihood", "right choice by likelihood per byte", "loss on test rows", "loss on general text"],
            metrics.Select(static m => m.GetProperty("name").GetString()));
        // A model beside itself: nothing changes, and nothing is called real.
        Assert.All(metrics, static m => Assert.Equal((m.GetProperty("before").GetDouble(), 1.0, false), (m.GetProperty("after").GetDouble(), m.GetProperty("p").GetDouble(), m.GetProperty("real").GetBoolean())));
        Assert.Equal(["report.html", "report.json", "report.md"], Directory.GetFiles(tiny.At("report")).Select(Path.GetFileName).Order());
        Assert.Contains("Which labels are taken for which", File.ReadAllText(tiny.At("report/report.html")), StringComparison.Ordinal);
        var labels = await CliRun.Of("eval", "--model", tiny.Model, "--data", data, "--metrics", "choice", "--general", "none", "--samples", "2", "--json");
        Assert.Equal(2, labels.Json.GetProperty("samples").GetArrayLength());
        Assert.Equal(6, labels.Json.GetProperty("values")[0].GetProperty("count").GetInt32());
        foreach (var (wrong, message) in new[]
        {
            (new[] { "--base" }, "no adapter is given"), (["--against-adapter", tiny.Model], "--against"), (["--metrics", "choice:nowhere"], "holds no choices"),
            (["--metrics", "numeric"], "no number in the expected answer"), (["--metrics", "rouge"], "did you mean rouge-l?"), (["--metrics", "f1", "--rows", "0"], "rows that are answered"),
        })
        {
            var refused = await CliRun.Of(["eval", "--model", tiny.Model, "--data", data, .. wrong]);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains(message, refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Eval_reads_columns_by_their_names()
    {
        var file = tiny.Write("banking.csv", "text,category\nq1?,a1\nq2?,a2\n");
        var run = await CliRun.Of("eval", "--model", tiny.Model, "--data", file, "--columns", "prompt=text", "completion=category", "--general", "none", "--rows", "0", "--json");
        Assert.Equal(2, run.Json.GetProperty("rows").GetInt32());
        Assert.Contains("did you mean prompt?", (await CliRun.Of("eval", "--model", tiny.Model, "--data", file, "--columns", "promt=text")).Error);
    }

    [Fact]
    public async Task Inspect_says_what_a_thing_is()
    {
        var model = await CliRun.Of("inspect", tiny.Model, "--json");
        Assert.Equal("model", model.Json.GetProperty("kind").GetString());
        Assert.Equal(TinyModel.Vocabulary * 16, model.Json.GetProperty("parameters_by_role").GetProperty("embedding").GetInt64());
        Assert.Equal(["<|eos|>", "<|im_end|>"], model.Json.GetProperty("stop_tokens").EnumerateArray().Select(static t => t.GetProperty("text").GetString()));
        var file = await CliRun.Of("inspect", Path.Combine(tiny.Model, "model.safetensors"), "--json");
        Assert.Equal("safetensors", file.Json.GetProperty("kind").GetString());
        Assert.Contains("model.embed_tokens.weight  F32  [264, 16]", (await CliRun.Of("inspect", Path.Combine(tiny.Model, "model.safetensors"))).Out);
        Assert.Equal(2, (await CliRun.Of("inspect", tiny.Root)).ExitCode);
        Assert.Equal(2, (await CliRun.Of("inspect", tiny.At("train.jsonl"))).ExitCode);
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_the_largest_term()
    {
        var e = Assert.Throws<UserErrorException>(static () => new InferencePlan(900L << 20, 10L << 20).Require(limit: 512L << 20));
        Assert.Contains("needs 1020 MB, and 512 MB are free; the largest term is the weights with 900 MB", e.Problems[0].Message);
        new InferencePlan(1, 1).Require(limit: 512L << 20);
    }

    private static int[] Ids(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(static e => e.GetInt32())];

    private sealed class InterruptingWriter : StringWriter
    {
        public InterruptingWriter()
            : base(CultureInfo.InvariantCulture)
        {
        }

        public Action? OnText { get; set; }

        public List<bool> Taken { get; } = [];

        public override void Write(string? value)
        {
            base.Write(value);
            if (!string.IsNullOrEmpty(value))
                OnText?.Invoke();
        }
    }
}
