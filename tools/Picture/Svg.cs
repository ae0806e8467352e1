using System.Globalization;
using System.Net;
using System.Text;

namespace Attune.Picture;

/// <summary>A screen as a self-contained SVG picture that follows the reader's choice of light or dark.</summary>
internal static class Svg
{
    private const double CellWidth = 8.4, LineHeight = 19, Left = 20, Top = 52;

    private const string Look = """
        <style>
          .page { fill: #fbfaf8; stroke: #d9d5cd } .bar { fill: #d9d5cd } text { font: 14px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #2b2926; white-space: pre }
          .b { font-weight: 600 } .d { fill: #8b867d } .red { fill: #b3382c } .green { fill: #2c7a4b } .yellow { fill: #96660b } .blue { fill: #2f5fa8 } .magenta { fill: #8a3f8f } .cyan { fill: #1d7480 } .title { fill: #8b867d; font-size: 12px }
          @media (prefers-color-scheme: dark) {
            .page { fill: #1d1c1a; stroke: #3b3935 } .bar { fill: #3b3935 } text { fill: #e8e4dc }
            .d, .title { fill: #8f8a80 } .red { fill: #ef8a7c } .green { fill: #7cc79a } .yellow { fill: #e2b65a } .blue { fill: #8fb3ec } .magenta { fill: #d49ad8 } .cyan { fill: #79c9d3 }
          }
        </style>
        """;

    /// <summary>Draws it.</summary>
    /// <param name="screen">What to draw.</param>
    /// <param name="title">Stands at the top: the command, say.</param>
    public static string Draw(Screen screen, string title)
    {
        var lines = screen.Lines;
        var columns = Math.Max(60, lines.Max(static l => l.Count));
        var (width, height) = (Left * 2 + columns * CellWidth, Top + lines.Count * LineHeight + 14);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:0.#} {height:0.#}" width="{width:0.#}" height="{height:0.#}" role="img" aria-label="{Safe(title)}">""");
        svg.Append('\n').Append(Look).Append('\n');
        svg.Append(CultureInfo.InvariantCulture, $"""<rect class="page" x="0.5" y="0.5" width="{width - 1:0.#}" height="{height - 1:0.#}" rx="10"/>""").Append('\n');
        for (var i = 0; i < 3; i++)
            svg.Append(CultureInfo.InvariantCulture, $"""<circle class="bar" cx="{Left + 4 + i * 18}" cy="20" r="5.5"/>""");
        svg.Append(CultureInfo.InvariantCulture, $"""<text class="title" x="{Left + 64}" y="24">{Safe(title)}</text>""").Append('\n');
        for (var row = 0; row < lines.Count; row++)
        {
            foreach (var (column, text, style) in Screen.Runs(lines[row]))
            {
                if (string.IsNullOrWhiteSpace(text))
                    continue;
                // The length is given, so that a font of another width does not move what stands behind.
                svg.Append(CultureInfo.InvariantCulture,
                    $"""<text x="{Left + column * CellWidth:0.#}" y="{Top + row * LineHeight + 14:0.#}" textLength="{text.Length * CellWidth:0.#}" xml:space="preserve"{Class(style)}>{Safe(text)}</text>""").Append('\n');
            }
        }
        return svg.Append("</svg>\n").ToString();
    }

    private static string Class(Style style)
    {
        string?[] classes = [style.Bold ? "b" : null, style.Dim ? "d" : null, style.Colour];
        var all = string.Join(' ', classes.Where(static c => c is not null));
        return all.Length == 0 ? "" : $" class=\"{all}\"";
    }

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
