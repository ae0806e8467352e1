using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Attune.Reports;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Attune.Cli;

/// <summary>
/// Text of files (rows, configurations, names, what a template or a server says) on its way to a terminal. A terminal obeys escape sequences, so that
/// all that is printed goes through <see cref="SafeText"/> here; styles of our own are put around what is clean.
/// </summary>
internal static class SafeConsole
{
    /// <summary>Lets tables and lines that are rendered write nothing that a terminal would obey but their own styles.</summary>
    public static IAnsiConsole Safe(this IAnsiConsole console)
    {
        console.Pipeline.Attach(new CleanSegments());
        return console;
    }

    /// <summary>The console's writer for lines that are not to be wrapped (paths, commands to copy).</summary>
    public static TextWriter Plain(this IAnsiConsole console) => new CleanWriter(console.Profile.Out.Writer);

    private sealed class CleanSegments : IRenderHook
    {
        public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) => renderables.Select(static r => new Clean(r));
    }

    private sealed class Clean(IRenderable inner) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            inner.Render(options, maxWidth).Select(static s => s.IsControlCode || s.IsLineBreak ? s : new Segment(SafeText.Clean(s.Text), s.Style));
    }

    private sealed class CleanWriter(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => inner.Write(SafeText.Clean(value.ToString()));

        public override void Write(string? value) => inner.Write(SafeText.Clean(value ?? ""));

        public override void WriteLine() => inner.WriteLine();

        public override void WriteLine(string? value) => inner.WriteLine(SafeText.Clean(value ?? ""));
    }
}

/// <summary>A text with styles around what is clean.</summary>
internal readonly record struct Styled(string Text);

/// <summary>A message of which every value is made clean but those that are <see cref="Styled"/>.</summary>
[InterpolatedStringHandler]
internal readonly ref struct Message(int literals, int values)
{
    private readonly StringBuilder text = new(literals + 16 * values);

    public void AppendLiteral(string literal) => text.Append(literal);

    public void AppendFormatted(Styled value) => text.Append(value.Text);

    public void AppendFormatted<T>(T value) => text.Append(SafeText.Clean(string.Create(CultureInfo.InvariantCulture, $"{value}")));

    public override string ToString() => text.ToString();
}
