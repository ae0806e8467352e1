using System.Text;

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

    /// <summary>The process's own streams, always UTF-8: text of data sets and models does not depend on the locale.</summary>
    public static Terminal OfProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var plain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new(
            new StreamReader(Console.OpenStandardInput(), utf8),
            new StreamWriter(Console.OpenStandardOutput(), utf8) { AutoFlush = true },
            new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true })
        {
            OutIsPerson = !plain && !Console.IsOutputRedirected,
            ErrorIsPerson = !plain && !Console.IsErrorRedirected,
            Width = Columns(),
        };
    }

    private static int Columns()
    {
        try
        {
            return Console.IsOutputRedirected ? 100 : Math.Clamp(Console.WindowWidth, 40, 140);
        }
        catch (IOException)
        {
            return 100;
        }
    }
}
