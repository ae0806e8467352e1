using System.CommandLine;
using System.Text.Json;
using Attune.Cli;

namespace Attune.Tests.Cli;

/// <summary>A command line run in this process, with what it wrote.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    public static Task<CliRun> Of(params string[] args) => With("", [], args);

    public static async Task<CliRun> With(string input, Func<CommandHost, Command>[] extra, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var shell = new Shell(new(new StringReader(input), output, error), [.. Attune.Cli.Commands.CommandTable.All, .. extra]);
        var code = await shell.RunAsync(args, TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>Standard output as the one JSON document that it must be.</summary>
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;
}
