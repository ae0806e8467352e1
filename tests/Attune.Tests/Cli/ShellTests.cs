using System.CommandLine;
using Attune.Cli;
using Attune.Cli.Commands;
using Attune.Problems;

namespace Attune.Tests.Cli;

public class ShellTests
{
    private static Func<CommandHost, Command> Throwing(Exception e) => host => host.Bind(new Command("boom", "fails"), _ => throw e);

    [Fact]
    public async Task Help_names_every_command_and_the_exit_codes()
    {
        var run = await CliRun.Of("--help");
        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        foreach (var name in (string[])["tokenize", "doctor", "--json", "--quiet", "130 stopped"])
            Assert.Contains(name, run.Out);
        Assert.Equal(run.Out, (await CliRun.Of()).Out);
    }

    [Fact]
    public async Task Every_command_has_help_with_a_description_for_each_of_its_parts()
    {
        static IEnumerable<(string[] Path, Command Command)> Walk(Command c, string[] path) =>
            c.Subcommands.SelectMany(s => Walk(s, [.. path, s.Name])).Prepend((path, c));

        var host = new CommandHost(new(TextReader.Null, TextWriter.Null, TextWriter.Null), new("--json"), new("--quiet"));
        foreach (var (path, command) in CommandTable.All.Select(f => f(host)).SelectMany(c => Walk(c, [c.Name])))
        {
            var run = await CliRun.Of([.. path, "--help"]);
            Assert.Equal(0, run.ExitCode);
            Assert.StartsWith(command.Description![..20], run.Out);
            Assert.Contains("attune " + string.Join(' ', path), run.Out);
            Assert.All(command.Options.Where(o => !o.Hidden), o => Assert.False(string.IsNullOrEmpty(o.Description), $"{o.Name} of {command.Name} has no description"));
            Assert.All(command.Arguments, a => Assert.False(string.IsNullOrEmpty(a.Description)));
        }
    }

    [Theory]
    [InlineData("tokenise", "did you mean tokenize?")]
    [InlineData("doktor", "did you mean doctor?")]
    [InlineData("zzzzzzzzz", "see attune --help")]
    [InlineData("tokenize --modle x", "did you mean --model?")]
    [InlineData("doctor --jsno", "did you mean --json?")]
    [InlineData("doctor extra", "see attune doctor --help")]
    [InlineData("tokenize", "see attune tokenize --help")]
    public async Task A_wrong_command_line_is_exit_2_with_a_suggestion(string line, string suggestion)
    {
        var run = await CliRun.Of(line.Split(' '));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(suggestion, run.Error);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task Every_problem_of_the_input_is_said_and_the_exit_code_is_2()
    {
        var e = new UserErrorException([new("a.jsonl, row 3", "expected x, found y", "mend it"), new("b", "wrong")]);
        var run = await CliRun.With("", [Throwing(e)], "boom");
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("2 problems\nerror: a.jsonl, row 3: expected x, found y\n   → mend it\nerror: b: wrong\n", run.Error);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task With_json_the_problems_are_the_document()
    {
        var run = await CliRun.With("", [Throwing(new UserErrorException("place", "message", "remedy"))], "boom", "--json");
        Assert.Equal(2, run.Json.GetProperty("exit_code").GetInt32());
        Assert.Equal("remedy", run.Json.GetProperty("problems")[0].GetProperty("remedy").GetString());
    }

    [Fact]
    public async Task A_run_that_failed_is_exit_1_and_a_stopped_one_130()
    {
        var failed = await CliRun.With("", [Throwing(new RunFailedException(new("x", "disk full")))], "boom");
        Assert.Equal((1, "error: x: disk full\n"), (failed.ExitCode, failed.Error));
        Assert.Equal(130, (await CliRun.With("", [Throwing(new OperationCanceledException())], "boom")).ExitCode);
    }

    [Fact]
    public async Task A_bug_is_one_line_without_a_stack_trace_and_the_trace_is_in_a_file()
    {
        var run = await CliRun.With("", [Throwing(new InvalidOperationException("first\nsecond"))], "boom");
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("error: this is a bug in Attune (InvalidOperationException: first second)\n", run.Error);
        Assert.DoesNotContain("   at ", run.Error);
        var path = run.Error.Trim().Split(' ')[^1];
        Assert.Contains("   at ", File.ReadAllText(path));
        File.Delete(path);
    }

    [Fact]
    public async Task Quiet_silences_messages_but_not_warnings()
    {
        Func<CommandHost, Command> talk = host => host.Bind(new Command("talk", "talks"), c =>
        {
            c.Output.Say("message");
            c.Output.Warn("careful");
            using var p = c.Output.Begin("work", 1, "steps");
            p.Report(1);
            return 0;
        });
        Assert.Equal("warning: careful\n", (await CliRun.With("", [talk], "talk", "-q")).Error);
        var loud = await CliRun.With("", [talk], "talk");
        Assert.StartsWith("message\nwarning: careful\nwork 100 % · 1/1 steps", loud.Error);
        Assert.Empty(loud.Out);
    }
}
