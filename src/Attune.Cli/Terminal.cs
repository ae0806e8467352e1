using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Attune.Cli;

/// <summary>The streams a command talks through and what is known about them. Tests give their own.</summary>
internal sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error)
{
    /// <summary>Whether a person reads standard output; then it may have colours.</summary>
    public bool OutIsPerson { get; init; }

    /// <summary>Whether a person reads standard error; then progress may redraw its line.</summary>
    public bool ErrorIsPerson { get; init; }

    /// <summary>Columns.</summary>
    public int Width { get; init; } = 100;

    /// <summary>How Ctrl-C reaches a command that can end less than the program.</summary>
    public Interrupts Interrupts { get; } = new();

    /// <summary>The process's own streams, always UTF-8: text of data sets and models does not depend on the locale.</summary>
    public static Terminal OfProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var plain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new(
            new StreamReader(Console.OpenStandardInput(), utf8),
            new StreamWriter(StandardOutput(), utf8) { AutoFlush = true },
            new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true })
        {
            OutIsPerson = !plain && !Console.IsOutputRedirected,
            ErrorIsPerson = !plain && !Console.IsErrorRedirected,
            Width = Columns(),
        };
    }

    // The console's own stream takes a pipe that nobody reads any more for one that is read, and a filter would never end.
    private static Stream StandardOutput()
    {
        if (!OperatingSystem.IsWindows() && Console.IsOutputRedirected)
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            // In a file, whose end others move too, each write would go to where this stream thinks that it is.
            if (!stream.CanSeek)
                return stream;
            stream.Dispose();
        }
        return Console.OpenStandardOutput();
    }

    private static int Columns()
    {
        try
        {
            return Console.IsOutputRedirected && Console.IsErrorRedirected ? 100 : Math.Clamp(Console.WindowWidth, 40, 140);
        }
        catch (IOException)
        {
            return 100;
        }
    }
}

/// <summary>Ctrl-C as commands see it: whoever can end something smaller than the program takes it first.</summary>
internal sealed class Interrupts
{
    private Func<bool>? handler;

    /// <summary>Sets who is asked; false means that there is nothing smaller to end.</summary>
    public void Take(Func<bool>? asked) => handler = asked;

    /// <summary>Whether somebody took it.</summary>
    public bool TryHandle() => handler?.Invoke() == true;
}
