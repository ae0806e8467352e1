using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Attune.Problems;
using Attune.Reports;
using Spectre.Console;

namespace Attune.Cli;

/// <summary>
/// What a command may say and where it goes. Results go to standard output: as text, or with <c>--json</c> as one JSON document and nothing else.
/// Messages and progress go to standard error, and <c>--quiet</c> silences them; warnings and errors are always said.
/// </summary>
internal sealed class ConsoleOutput(Terminal terminal, bool json, bool quiet)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Terminal Terminal => terminal;

    public bool IsJson => json;

    public bool IsQuiet => quiet;

    /// <summary>Whether standard output has been written to, after which no error document may follow.</summary>
    public bool HasResult { get; private set; }

    /// <summary>The command's result, in the form that was asked for.</summary>
    public void Result(Action<Utf8JsonWriter> asJson, Action<IAnsiConsole> asText)
    {
        HasResult = true;
        Put(() =>
        {
            if (json)
                terminal.Out.WriteLine(Document(asJson, Indented));
            else
                asText(Spectre(terminal.Out, terminal.OutIsPerson));
        });
    }

    /// <summary>A line of a stream of JSON values (for filters).</summary>
    public void JsonLine(Action<Utf8JsonWriter> write) => TextLine(Document(write, OneLine));

    /// <summary>A JSON value on one line, for files of rows.</summary>
    public static string OneLineOf(Action<Utf8JsonWriter> write) => Document(write, OneLine);

    /// <summary>A line of plain text on standard output.</summary>
    public void TextLine(string line)
    {
        HasResult = true;
        Put(() => terminal.Out.WriteLine(line));
    }

    /// <summary>A piece of a text that is still being written.</summary>
    public void Piece(string text)
    {
        HasResult = true;
        Put(() => terminal.Out.Write(terminal.OutIsPerson ? SafeText.Clean(text) : text));
    }

    /// <summary>A message; not with <c>--quiet</c>.</summary>
    public void Say(string message)
    {
        if (!quiet)
            terminal.Error.WriteLine(SafeText.Clean(message));
    }

    /// <summary>A message with styles; not with <c>--quiet</c>.</summary>
    public void Say(Message message)
    {
        if (!quiet)
            terminal.Error.WriteLine(message.ToString());
    }

    /// <summary>A warning, always.</summary>
    public void Warn(string message) => terminal.Error.WriteLine(Ansi.Of(terminal.ErrorIsPerson, Ansi.Yellow, "warning: ") + SafeText.Clean(message));

    /// <summary>Begins a long step.</summary>
    /// <param name="title">What is done: "training".</param>
    /// <param name="total">How many units it takes.</param>
    /// <param name="unit">What is counted: "steps".</param>
    /// <param name="already">How many are done already.</param>
    public Progress Begin(string title, long total, string unit, long already = 0) =>
        new(quiet ? TextWriter.Null : terminal.Error, terminal.ErrorIsPerson && !quiet, title, total, unit, already: already, width: terminal.Width);

    /// <summary>A console for tables and trees on a writer.</summary>
    private IAnsiConsole Spectre(TextWriter writer, bool person)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = person ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = person ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = terminal.Width;
        console.Profile.Capabilities.Unicode = true;
        return console.Safe();
    }

    private static void Put(Action write)
    {
        try
        {
            write();
        }
        catch (IOException e)
        {
            throw new RunFailedException(new Problem("standard output", $"cannot be written: {e.Message}", "see where it goes: a full disk, or a reader that has ended"), e);
        }
    }

    private static string Document(Action<Utf8JsonWriter> write, JsonWriterOptions options)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, options))
            write(writer);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}

/// <summary>The few terminal styles that are used outside of tables; nothing where no person reads.</summary>
internal static class Ansi
{
    public const string Bold = "1", Dim = "2", Red = "1;31", Yellow = "1;33", Cyan = "36", Green = "32";

    public static string Of(bool person, string code, string text) => person && text.Length > 0 ? $"\e[{code}m{text}\e[0m" : text;
}
