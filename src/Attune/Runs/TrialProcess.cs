using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Attune.Formats;
using Attune.Recipes;
using Attune.Search;

namespace Attune.Runs;

/// <summary>
/// Runs each trial in a child process of this program: a crash, or an end for lack of memory, costs that trial alone. The child writes a line of JSON for
/// every validation and its result, and stops when its standard input ends, which it also does when this process dies.
/// </summary>
/// <param name="program">The program and the arguments that stand before the command: <c>dotnet Attune.Cli.dll</c>.</param>
public sealed class TrialProcess(IReadOnlyList<string> program) : ITrialRunner
{
    /// <summary>The command of the child.</summary>
    public const string Command = "search-trial";

    // A step that takes longer than this is not waited for; the trial goes on from its last checkpoint then.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private const int KeptLines = 6;

    /// <summary>This very program.</summary>
    public static TrialProcess OfThisProgram()
    {
        var own = Environment.ProcessPath ?? throw new InvalidOperationException("the system does not tell which program this is");
        // An application that dotnet runs is dotnet with the assembly as its first argument.
        return new(Path.GetFileNameWithoutExtension(own) == "dotnet" ? [own, Path.GetFullPath(Environment.GetCommandLineArgs()[0])] : [own]);
    }

    /// <inheritdoc />
    public TrialOutcome Run(TrialWork work, Action<TrialReport> report, CancellationToken stop)
    {
        Directory.CreateDirectory(work.Folder);
        AtomicFile.WriteText(Path.Combine(work.Folder, TrialWorker.RecipeName), RecipeWriter.Write(work.Recipe, heading: "The recipe of a trial of a search."));
        using var process = Start(work);
        var said = new Queue<string>();
        process.ErrorDataReceived += (_, e) => Keep(said, e.Data);
        process.BeginErrorReadLine();
        using var stopping = stop.Register(() => Stop(process));
        double? result = null;
        string? error = null;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (Parse(line) is not var (name, step, value, text))
                continue;
            if (name == TrialLine.Valid)
                report(new TrialReport(step, value));
            result = name == TrialLine.Done ? value : result;
            error = name == TrialLine.Failed ? text : error;
        }
        process.WaitForExit();
        if (result is not null)
            return new TrialOutcome(result, null);
        if (stop.IsCancellationRequested || process.ExitCode == 130)
            return TrialOutcome.Stopped;
        return new TrialOutcome(null, error ?? Ended(process.ExitCode, said));
    }

    private Process Start(TrialWork work)
    {
        string[] metric = work.Metric is { } m ? ["--metric", m] : [];
        var info = new ProcessStartInfo(program[0], [.. program.Skip(1), Command, work.Folder, .. metric])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        return Process.Start(info)!;
    }

    private static void Stop(Process process)
    {
        try
        {
            process.StandardInput.Close();
            _ = Task.Delay(Patience).ContinueWith(_ => Kill(process), TaskScheduler.Default);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It is gone already.
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It ended in time.
        }
    }

    private static void Keep(Queue<string> said, string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return;
        lock (said)
        {
            said.Enqueue(line);
            if (said.Count > KeptLines)
                said.Dequeue();
        }
    }

    // What a process that said nothing of its own leaves behind.
    private static string Ended(int code, Queue<string> said)
    {
        lock (said)
        {
            var signal = code is > 128 and < 160 ? $" (signal {code - 128}{(code == 137 ? ", as where memory ran out" : "")})" : "";
            return $"its process ended with code {code}{signal}" + (said.Count == 0 ? "" : ": " + string.Join(" | ", said));
        }
    }

    private static (string Name, int Step, double Value, string Text)? Parse(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            return (root.GetProperty("event").GetString()!, root.TryGetProperty("step", out var step) ? step.GetInt32() : 0,
                root.TryGetProperty("value", out var value) ? value.GetDouble() : double.NaN, root.TryGetProperty("text", out var text) ? text.GetString()! : "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>The kinds of line that a trial's process writes.</summary>
public static class TrialLine
{
    /// <summary>A loss on the validation rows: <c>step</c> and <c>value</c>.</summary>
    public const string Valid = "valid";

    /// <summary>The end: <c>value</c> is the result.</summary>
    public const string Done = "done";

    /// <summary>The end: <c>text</c> says what was wrong.</summary>
    public const string Failed = "failed";
}
