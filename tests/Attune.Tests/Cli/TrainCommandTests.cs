using System.Globalization;
using System.Text;
using Attune.Cli;
using Attune.Engine.Backends;

namespace Attune.Tests.Cli;

/// <summary>Whole runs on a tiny model, as a user starts, stops and goes on with them.</summary>
public sealed class TrainCommandTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_train_prints_can_be_pasted(bool template)
    {
        using var model = new TinyModel(template);
        var run = await CliRun.Of(model.Train("--json"));
        Assert.True(run.ExitCode == 0, run.Error);
        var next = run.Json.GetProperty("next").EnumerateArray().Select(static n => n.GetString()!).ToArray();
        Assert.Equal(template ? ["chat", "eval", "generate"] : ["eval", "generate"], next.Select(static n => n.Split(' ')[1]));
        foreach (var command in next)
        {
            var again = await CliRun.With("hi\n", [], [.. Words(command).Skip(1), .. command.Contains(" eval ", StringComparison.Ordinal) ? Array.Empty<string>() : ["--max-new-tokens", "3"]]);
            Assert.True(again.ExitCode == 0, $"{command}\n{again.Error}");
        }
    }

    [Fact]
    public async Task Text_output_does_not_wrap_what_is_there_to_be_pasted_and_invents_no_rate()
    {
        var run = await CliRun.Of(tiny.Train());
        Assert.Contains($"  attune chat --model {tiny.Model} --adapter {tiny.At("run")}/adapter\n", run.Out);
        Assert.Contains(run.Error.Split('\n'), static l => l.StartsWith("training 17 % · 1/6 steps · loss", StringComparison.Ordinal));
        Assert.DoesNotContain("0/0", run.Error);
    }

    [Fact]
    public async Task The_expected_duration_is_said_before_anything_long_begins()
    {
        var run = await CliRun.Of(tiny.Train());
        var lines = run.Error.Split('\n');
        var said = Array.FindIndex(lines, static l => l.StartsWith("time about ", StringComparison.Ordinal) && l.Contains("an estimate from passes", StringComparison.Ordinal));
        Assert.InRange(said, 0, Array.FindIndex(lines, static l => l.StartsWith("measuring before", StringComparison.Ordinal)) - 1);
        var plan = await CliRun.Of([.. tiny.Train("--json").Select(static (a, i) => i == 0 ? "plan" : a)]);
        Assert.InRange(plan.Json.GetProperty("seconds").GetProperty("total").GetDouble(), 0, 600);
    }

    [Fact]
    public async Task Running_text_has_no_answers_and_no_limit_for_them()
    {
        var text = tiny.Write("text.txt", string.Concat(Enumerable.Range(0, 30).Select(static i => $"line {i} of a text\n\n")));
        var run = await CliRun.Of("train", "--model", tiny.Model, "--data", text, "--output", tiny.At("run"), "--max-steps", "2", "--general", "none", "--threads", "1");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.DoesNotContain("0/0", run.Error);
        Assert.DoesNotContain("max_new_tokens", run.Error);
    }

    [Fact]
    public async Task A_stopped_run_is_130_with_a_checkpoint_and_goes_on_to_the_same_bytes()
    {
        Assert.Equal(0, (await CliRun.Of(tiny.TrainInto("whole"))).ExitCode);

        using var stop = new CancellationTokenSource();
        using var error = new StoppingWriter(stop, "training 17 %");
        var shell = new Shell(new(TextReader.Null, TextWriter.Null, error));
        Assert.Equal(ExitCode.Stopped, await shell.RunAsync(tiny.Train(), stop.Token));
        Assert.Contains($"go on with: attune train --resume {tiny.At("run")}\n", error.ToString().ReplaceLineEndings("\n"));
        Assert.Contains(Directory.GetFiles(tiny.At("run"), "*", SearchOption.AllDirectories), static f => f.Contains("checkpoint", StringComparison.Ordinal));
        Assert.False(Directory.Exists(tiny.At("run/adapter")));
        Assert.Contains("not done", (await CliRun.Of("inspect", tiny.At("run"))).Out);

        var other = await CliRun.Of("train", "--resume", tiny.At("run"), "--epochs", "9");
        Assert.Equal(ExitCode.WrongInput, other.ExitCode);
        Assert.Contains("--threads", other.Error);
        if (CpuBackend.Supports(ProductType.BF16))
        {
            var products = await CliRun.Of("train", "--resume", tiny.At("run"), "--compute", "f32");
            Assert.Equal(ExitCode.WrongInput, products.ExitCode);
            Assert.Contains("computed with products in bf16", products.Error);
            Assert.Contains("--force", products.Error);
        }
        // What is the machine's alone may differ, and changes no bit.
        var resumed = await CliRun.Of("train", "--resume", tiny.At("run"), "--threads", "2", "--time", "1h");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.DoesNotContain("1/6 steps", resumed.Error);
        Assert.Equal(File.ReadAllBytes(tiny.At("whole/adapter/adapter_model.safetensors")), File.ReadAllBytes(tiny.At("run/adapter/adapter_model.safetensors")));
        Assert.Equal("run", (await CliRun.Of("inspect", tiny.At("run"), "--json")).Json.GetProperty("kind").GetString());
        Assert.Equal("adapter", (await CliRun.Of("inspect", tiny.At("run/adapter"), "--json")).Json.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Several_seeds_are_several_runs_and_their_means()
    {
        var study = await CliRun.Of([.. tiny.TrainInto("study"), "--seeds", "1", "2", "--json"]);
        Assert.True(study.ExitCode == 0, study.Error);
        var runs = study.Json.GetProperty("runs").EnumerateArray().ToArray();
        Assert.Equal([1, 2], runs.Select(static r => r.GetProperty("seed").GetInt32()));
        var adapters = runs.Select(static r => File.ReadAllBytes(Path.Combine(r.GetProperty("saved").GetString()!, "adapter_model.safetensors"))).ToArray();
        Assert.NotEqual(adapters[0], adapters[1]);

        // The mean of the runs' own reports.
        var alone = await CliRun.Of([.. tiny.TrainInto("alone"), "--seed", "2", "--json"]);
        Assert.Equal(adapters[1], File.ReadAllBytes(tiny.At("alone/adapter/adapter_model.safetensors")));
        var first = await CliRun.Of([.. tiny.TrainInto("first"), "--seed", "1", "--json"]);
        double After(CliRun run) => run.Json.GetProperty("metrics")[0].GetProperty("after").GetDouble();
        Assert.Equal((After(first) + After(alone)) / 2, After(study), 9);
        Assert.Contains("2 seeds", File.ReadAllText(tiny.At("study/seeds.md")), StringComparison.Ordinal);

        Assert.Equal(ExitCode.WrongInput, (await CliRun.Of([.. tiny.TrainInto("one"), "--seeds", "1"])).ExitCode);
        Assert.Equal(ExitCode.WrongInput, (await CliRun.Of("train", "--resume", tiny.At("first"), "--seeds", "1", "2")).ExitCode);
    }

    [Fact]
    public async Task Flags_keep_several_values_and_commas_apart()
    {
        var odd = tiny.Write("a, [b].jsonl", "{\"prompt\": \"x\", \"completion\": \"y\"}\n{\"prompt\": \"v\", \"completion\": \"w\"}\n");
        var run = await CliRun.Of("check", "--model", tiny.Model, "--data", odd, tiny.At("train.jsonl"), "--general", "none", "--valid-fraction", "0", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(26, run.Json.GetProperty("train_rows").GetInt32());
        var recipe = tiny.Write("r.yaml", $"model: {tiny.Model}\ndata: {{train: train.jsonl}}\neval: {{general: none}}\n");
        Assert.Equal(0, (await CliRun.Of("check", "--epochs", "1", recipe)).ExitCode);
    }

    [Fact]
    public async Task Columns_may_have_other_names()
    {
        var file = tiny.Write("banking.csv", "text,category\n" + string.Concat(Enumerable.Range(0, 12).Select(static i => $"q{i},a{i}\n")));
        var recipe = tiny.Write("r.yaml", $"model: {tiny.Model}\ndata:\n  train: {file}\n  valid_fraction: 0\n  columns: {{prompt: text, completion: nothing}}\neval: {{general: none}}\n");
        Assert.Equal(2, (await CliRun.Of("check", recipe)).ExitCode);
        var run = await CliRun.Of("check", recipe, "--set", "data.columns.completion=category", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(12, run.Json.GetProperty("train_rows").GetInt32());
    }

    [Fact]
    public async Task Help_groups_flags_by_section()
    {
        var help = (await CliRun.Of("train", "--help")).Out;
        foreach (var heading in (string[])["Run", "Data", "Method", "Train", "Limits", "Eval", "Guard"])
            Assert.Contains($"\n{heading}\n  --", help);
    }

    [Theory]
    [InlineData("/usr/bin/attune", null)]
    [InlineData("/x/bin/Attune.Cli", "dotnet run -c Release --project src/Attune.Cli --")]
    public void The_hint_says_what_stands_for_attune(string process, string? expected)
    {
        var project = Path.Combine(SharedData.RepositoryRoot, "src", "Attune.Cli");
        var hint = Invocation.Hint(process, Path.Combine(project, "bin", "Release"), SharedData.RepositoryRoot);
        Assert.Equal(expected is null ? null : $"(attune stands for: {expected})", hint);
    }

    /// <summary>The words of a command as a shell would see them.</summary>
    private static IEnumerable<string> Words(string command)
    {
        var word = new StringBuilder();
        var (quoted, any) = (false, false);
        foreach (var c in command)
        {
            if (c == '\'')
                (quoted, any) = (!quoted, true);
            else if (c == ' ' && !quoted)
            {
                if (any)
                    yield return word.ToString();
                word.Clear();
                any = false;
            }
            else
            {
                word.Append(c);
                any = true;
            }
        }
        if (any)
            yield return word.ToString();
    }

    private sealed class StoppingWriter(CancellationTokenSource stop, string at) : StringWriter(CultureInfo.InvariantCulture)
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.StartsWith(at, StringComparison.Ordinal) == true)
                stop.Cancel();
        }
    }
}
