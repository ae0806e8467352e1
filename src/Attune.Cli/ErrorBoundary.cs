using System.Globalization;
using Attune.Problems;
using Attune.Reports;

namespace Attune.Cli;

/// <summary>Exit codes, as the help states them.</summary>
internal static class ExitCode
{
    public const int Done = 0, Failed = 1, WrongInput = 2, GuardNotMet = 3, Stopped = 130;

    /// <summary>Of what is done: whether the result may be used.</summary>
    public static int OfGuard(bool holds) => holds ? Done : GuardNotMet;
}

/// <summary>Turns whatever ends a command into an exit code and words for a person. No stack trace reaches a terminal.</summary>
internal static class ErrorBoundary
{
    public static int Run(ConsoleOutput output, Func<int> command)
    {
        try
        {
            return command();
        }
        catch (UserErrorException e)
        {
            return Say(output, e.Problems, ExitCode.WrongInput);
        }
        catch (RunFailedException e)
        {
            return Say(output, [e.Problem], ExitCode.Failed);
        }
        catch (OperationCanceledException)
        {
            output.Terminal.Error.WriteLine("stopped");
            if (output.IsJson && !output.HasResult)
                output.Result(static json => WriteJson(json, [new("", "stopped", "")], ExitCode.Stopped), static _ => { });
            return ExitCode.Stopped;
        }
        catch (Exception e)
        {
            return Say(output, [new("", $"this is a bug in Attune ({Short(e)})", $"please report it with the file {Log(e)}")], ExitCode.Failed);
        }
    }

    /// <summary>All problems on standard error, and as the JSON document where one was promised and none was written.</summary>
    public static int Say(ConsoleOutput output, IReadOnlyList<Problem> problems, int exitCode)
    {
        var (error, person) = (output.Terminal.Error, output.Terminal.ErrorIsPerson);
        if (problems.Count > 1)
            error.WriteLine(Ansi.Of(person, Ansi.Red, $"{problems.Count} problems"));
        foreach (var p in problems)
        {
            error.WriteLine(Ansi.Of(person, Ansi.Red, "error: ") + (p.Place.Length == 0 ? "" : Ansi.Of(person, Ansi.Bold, SafeText.Clean(p.Place)) + ": ") + SafeText.Clean(p.Message));
            if (p.Remedy.Length > 0)
                error.WriteLine(Ansi.Of(person, Ansi.Cyan, "   → " + SafeText.Clean(p.Remedy)));
        }

        if (output.IsJson && !output.HasResult)
            output.Result(json => WriteJson(json, problems, exitCode), _ => { });
        return exitCode;
    }

    private static void WriteJson(System.Text.Json.Utf8JsonWriter json, IReadOnlyList<Problem> problems, int exitCode)
    {
        json.WriteStartObject();
        json.WriteNumber("exit_code", exitCode);
        json.WriteStartArray("problems");
        foreach (var p in problems)
        {
            json.WriteStartObject();
            json.WriteString("place", p.Place);
            json.WriteString("message", p.Message);
            json.WriteString("remedy", p.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Short(Exception e) => $"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}";

    private static string Log(Exception e)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"attune-error-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}.log");
        var path = Path.Combine(Path.GetTempPath(), name);
        try
        {
            File.WriteAllText(path, $"Attune {Manifest.Version}, {System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier}\n{e}\n");
            return path;
        }
        catch (Exception io) when (io is IOException or UnauthorizedAccessException)
        {
            return $"(which could not be written: {io.Message})";
        }
    }
}
