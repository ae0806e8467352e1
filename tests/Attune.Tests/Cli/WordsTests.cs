using System.CommandLine;
using System.Text;
using Attune.Cli;
using Attune.Recipes;

namespace Attune.Tests.Cli;

/// <summary>What is typed is what is meant: numbers, names of files, text of files; and what is read is never written over.</summary>
public sealed class WordsTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData("generate --prompt hi --temperature 0,8", "--temperature 0,8: expected a number such as 0.5")]
    [InlineData("generate --prompt hi --top-p 1.000,5", "--top-p 1.000,5: expected a number")]
    [InlineData("generate --prompt hi --max-new-tokens 1e3", "--max-new-tokens 1e3: expected a whole number")]
    [InlineData("blend run --at 0.25 0,5", "--at 0,5: expected a number")]
    [InlineData("data select --data x --end lwo", "--end lwo: expected one of low, middle, high")]
    [InlineData("generate --prompt hi --stop --max-new-tokens 4", "--max-new-tokens stands where a value was expected")]
    public async Task A_word_that_is_no_number_is_said_in_words_of_people(string line, string expected)
    {
        var run = await CliRun.Of([.. line.Split(' ')]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Error);
        Assert.DoesNotContain("System.", run.Error);
    }

    /// <summary>Also of those that a command gets after it was bound.</summary>
    [Fact]
    public void Every_option_that_takes_numbers_looks_at_its_words()
    {
        static IEnumerable<Command> Walk(Command c) => c.Subcommands.SelectMany(Walk).Prepend(c);
        var host = new CommandHost(new(TextReader.Null, TextWriter.Null, TextWriter.Null), new("--json"), new("--quiet"));
        Type[] numbers = [typeof(int), typeof(int?), typeof(long), typeof(long?), typeof(double), typeof(double?), typeof(int[]), typeof(long[]), typeof(double[])];
        var options = Attune.Cli.Commands.CommandTable.All.Select(f => f(host)).SelectMany(Walk).SelectMany(static c => c.Options).Where(o => numbers.Contains(o.ValueType)).ToArray();
        Assert.True(options.Length > 20);
        Assert.All(options, static o => Assert.NotEmpty(o.Validators));
    }

    [Fact]
    public async Task A_value_may_begin_with_the_sign_of_response_files()
    {
        var run = await CliRun.Of("generate", "--model", tiny.Model, "--prompt", "@support where is it", "--max-new-tokens", "2", "--raw", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("nowhere.rsp", (await CliRun.Of("generate", "@nowhere.rsp")).Error);
    }

    /// <summary>A line of a file is what stands between two line ends, and no other sign of Unicode ends one.</summary>
    [Fact]
    public async Task Prompts_end_where_their_line_ends()
    {
        var one = tiny.Write("prompts.jsonl", "\"a\u2028b\u0085c\"\r\n\"e\"\r\n");
        var run = await CliRun.Of("generate", "--model", tiny.Model, "--prompts", one, "--max-new-tokens", "1", "--raw", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(2, run.Json.GetArrayLength());
    }

    [Fact]
    public async Task Text_that_is_not_utf8_is_refused_with_its_line()
    {
        var file = tiny.At("latin.txt");
        await File.WriteAllBytesAsync(file, Encoding.Latin1.GetBytes("Guten Tag\nGrüße aus Köln\n"), TestContext.Current.CancellationToken);
        foreach (string[] line in (string[][])[["generate", "--model", tiny.Model, "--prompts", file], ["eval", "--model", tiny.Model, "--data", tiny.At("test.jsonl"), "--general", file]])
        {
            var run = await CliRun.Of(line);
            Assert.Equal(2, run.ExitCode);
            Assert.Contains("is not valid UTF-8, in line 2", run.Error);
        }
        await File.WriteAllTextAsync(file, "Grüße", Encoding.Unicode, TestContext.Current.CancellationToken);
        Assert.Equal(0, (await CliRun.Of("generate", "--model", tiny.Model, "--prompts", file, "--max-new-tokens", "1")).ExitCode);
    }

    [Fact]
    public async Task A_general_text_without_text_is_refused()
    {
        var run = await CliRun.Of("eval", "--model", tiny.Model, "--data", tiny.At("test.jsonl"), "--general", tiny.Write("empty.txt", "\n---\n"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("holds no text to measure on", run.Error);
    }

    [Fact]
    public async Task What_is_read_is_not_written_over_and_what_cannot_be_written_is_said_before_the_work()
    {
        var (rows, text) = (tiny.At("test.jsonl"), File.ReadAllText(tiny.At("test.jsonl")));
        var ids = tiny.Write("ids.json", "[1, 2, 3]");
        foreach (string[] line in (string[][])
        [
            ["eval", "--model", tiny.Model, "--data", rows, "--answers", rows], ["data", "report", rows, "--html", rows], ["logits", "--model", tiny.Model, "--ids", ids, "--out", ids],
        ])
            Assert.Contains("is a file that is read", (await CliRun.Of(line)).Error);
        Assert.Contains("expected a folder, found a file", (await CliRun.Of("eval", "--model", tiny.Model, "--data", rows, "--out", ids)).Error);
        Assert.Contains("cannot be written to", (await CliRun.Of("eval", "--model", tiny.Model, "--data", rows, "--answers", Path.Combine(ids, "answers.jsonl"))).Error);
        Assert.Equal((text, "[1, 2, 3]"), (File.ReadAllText(rows), File.ReadAllText(ids)));
    }

    /// <summary>A recipe reads its paths from its own folder, whatever stands there already.</summary>
    [Fact]
    public async Task Init_means_the_files_that_were_named()
    {
        var here = Directory.GetCurrentDirectory();
        Directory.CreateDirectory(tiny.At("sub"));
        File.Copy(tiny.At("test.jsonl"), tiny.At("sub/train.jsonl"));
        var given = Path.GetRelativePath(here, tiny.At("train.jsonl"));
        var run = await CliRun.Of("init", tiny.At("sub/new.yaml"), "--model", Path.GetRelativePath(here, tiny.Model), "--data", given);
        Assert.True(run.ExitCode == 0, run.Error);
        var recipe = RecipeReader.ReadFile(tiny.At("sub/new.yaml"));
        Assert.Equal(tiny.At("train.jsonl"), Path.GetFullPath(recipe.Data.Train[0].Path));
        Assert.Contains("train: \"../train.jsonl\"", File.ReadAllText(tiny.At("sub/new.yaml")));
    }

    [Fact]
    public async Task A_stopped_command_still_writes_its_document()
    {
        var run = await CliRun.With("", [static host => host.Bind(new Command("stops", "stops"), static _ => throw new OperationCanceledException())], "stops", "--json");
        Assert.Equal((ExitCode.Stopped, ExitCode.Stopped), (run.ExitCode, run.Json.GetProperty("exit_code").GetInt32()));
    }

    [Fact]
    public async Task A_command_to_paste_repeats_what_was_given()
    {
        var rows = tiny.Write("it's rows.jsonl", string.Concat(Enumerable.Repeat("{\"q\": \"one?\", \"a\": \"yes\"}\n", 3)));
        var valid = tiny.Write("valid.jsonl", "{\"q\": \"two?\", \"a\": \"no\"}\n");
        var run = await CliRun.Of("data", "report", rows, "--valid", valid, "--columns", "prompt=q", "completion=a");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains($"attune data clean '{rows.Replace("'", "'\\''", StringComparison.Ordinal)}' --valid {valid} --columns ", run.Out);
        Assert.Contains(" prompt=q", run.Out);
        Assert.Contains(" --remedy exact", run.Out);
    }
}
