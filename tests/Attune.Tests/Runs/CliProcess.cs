using System.Diagnostics;

namespace Attune.Tests.Runs;

/// <summary>The program as a process of its own, where a command in this process would not do.</summary>
internal static class CliProcess
{
    /// <summary>The program beside the tests.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "Attune.Cli.dll");

    /// <summary>What runs it.</summary>
    public static string Dotnet { get; } = Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";

    /// <summary>Runs it to the end.</summary>
    public static async Task<int> Run((string Name, string Value)[] environment, params string[] args)
    {
        using var process = Start(environment, args);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    /// <summary>Runs it to the end and keeps what it wrote.</summary>
    public static async Task<(int Code, string Out, string Error)> Read(params string[] args) => await Read(Of(Dotnet, [Program, .. args]));

    /// <summary>The same by another program, such as a shell.</summary>
    public static async Task<(int Code, string Out, string Error)> Read(ProcessStartInfo info)
    {
        using var process = Process.Start(info)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts it; what it writes is thrown away.</summary>
    public static Process Start((string Name, string Value)[] environment, string[] args)
    {
        var info = Of(Dotnet, [Program, .. args]);
        foreach (var (name, value) in environment)
            info.Environment[name] = value;
        var process = Process.Start(info)!;
        // Read to the end, or the process would wait once the pipe is full.
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return process;
    }

    /// <summary>A program with arguments, its output read here.</summary>
    public static ProcessStartInfo Of(string program, IEnumerable<string> args) => new(program, args) { RedirectStandardError = true, RedirectStandardOutput = true };
}
