using Attune.Runs;
using Attune.Tests.Runs;

namespace Attune.Tests.Cli;

/// <summary>How soon the command is there. Held by what is deterministic, what has to be compiled; times stand in docs/results.md.</summary>
public class StartTests
{
    // 420 of them, most of what the framework needs: a hundred more are ten milliseconds. Recipe keys alone, read by a command that is not asked for, are 700.
    private const int MostCompiled = 500;

    [Fact]
    public async Task Help_needs_neither_tables_nor_recipes_nor_kernels()
    {
        using var tiny = new TinyModel();
        var list = tiny.At("compiled.txt");
        Assert.Equal(0, await CliProcess.Run([("DOTNET_JitStdOutFile", list), ("DOTNET_JitDisasmSummary", "1"), ("DOTNET_TieredCompilation", "1")], "--help"));
        var compiled = await File.ReadAllLinesAsync(list, TestContext.Current.CancellationToken);
        Assert.InRange(compiled.Length, 1, MostCompiled);
        Assert.DoesNotContain(compiled, static m => m.Contains("Spectre.", StringComparison.Ordinal)
            || m.Contains("YamlDotNet.", StringComparison.Ordinal) || m.Contains("CsvHelper.", StringComparison.Ordinal)
            || m.Contains("Sqlite", StringComparison.Ordinal) || m.Contains("Npgsql.", StringComparison.Ordinal)
            || m.Contains("Attune.Engine.", StringComparison.Ordinal) || m.Contains("Attune.Text.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_shows_commands_for_people_alone()
    {
        var run = await CliRun.Of("--help");
        Assert.Contains("  search ", run.Out);
        Assert.DoesNotContain(TrialProcess.Command, run.Out);
    }

    [Fact]
    public async Task A_command_line_may_stand_in_a_file()
    {
        using var tiny = new TinyModel();
        var file = tiny.At("line.rsp");
        await File.WriteAllTextAsync(file, "train\n--max-steps\n3\n--help\n", TestContext.Current.CancellationToken);
        Assert.Contains("--max-steps", (await CliRun.Of("@" + file)).Out);
    }
}
