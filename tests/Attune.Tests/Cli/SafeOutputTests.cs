using System.CommandLine;
using System.Text.Json;
using Attune.Cli;
using Attune.Problems;
using Attune.Tests.Data;
using Spectre.Console;

namespace Attune.Tests.Cli;

/// <summary>Text of files that a terminal would obey: colours, a cleared screen, and the same by the single characters of C1.</summary>
public sealed class SafeOutputTests : TempFiles
{
    private const string Evil = "\e[31mEVIL\e[2J\u009b2J";

    [Theory]
    [InlineData("report")]
    [InlineData("clean", "--remedy", "empty", "marks", "--dry-run")]
    public async Task What_stands_in_rows_is_shown_and_not_obeyed(params string[] command)
    {
        string Row(string prompt, string answer) => JsonSerializer.Serialize(new Dictionary<string, string> { ["prompt"] = prompt, ["completion"] = answer, [Evil] = "x" }) + "\n";
        var rows = Enumerable.Range(0, 60).Select(i => Row($"question {i} {Evil}", i % 2 == 0 ? Evil : "no"))
            .Append(Row("cut", $"The bridge was closed in autumn because its cables had rusted {Evil} through in the salt and the"))
            .Append(Row("mark", $"<|im_end|> {Evil}")).Append(Row("empty", "\e..."));
        var run = await CliRun.Of(["data", command[0], Write("a.jsonl", string.Concat(rows)), .. command[1..]]);
        Assert.Equal(0, run.ExitCode);
        AssertSafe(run.Out + run.Error);
    }

    [Fact]
    public async Task Every_way_to_a_terminal_is_clean()
    {
        Func<CommandHost, Command> talk = host => host.Bind(new Command("talk", "talks"), c =>
        {
            c.Output.Say(Evil);
            c.Output.Say($"message {Evil}");
            c.Output.Warn(Evil);
            using (var progress = c.Output.Begin(Evil, 2, "steps"))
            {
                progress.Report(1, Evil);
                progress.Line(Evil);
            }
            c.Output.Result(_ => { }, console =>
            {
                console.WriteLine(Evil);
                console.MarkupLine(Markup.Escape(Evil));
                console.Write(new Table().AddColumn(new TableColumn(Markup.Escape(Evil))).AddRow(Markup.Escape(Evil)));
                console.Plain().WriteLine(Evil);
            });
            throw new UserErrorException(Evil, Evil, Evil);
        });
        var run = await CliRun.With("", [talk], "talk");
        AssertSafe(run.Out);
        AssertSafe(run.Error);
        Assert.Equal(5, run.Out.Split("EVIL").Length - 1);
        Assert.Equal(9, run.Error.Split("EVIL").Length - 1);
    }

    private static void AssertSafe(string text)
    {
        Assert.Contains("EVIL", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text, static c => char.IsControl(c) && c != '\n');
    }
}
