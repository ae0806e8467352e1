using System.Globalization;
using System.Text;

namespace Attune.Picture;

/// <summary>How a cell looks.</summary>
internal readonly record struct Style(string? Colour, bool Bold, bool Dim);

/// <summary>A character with its look.</summary>
internal readonly record struct Cell(char Text, Style Style);

/// <summary>
/// What stands on a terminal after it was written to: lines without end, a carriage return that goes back, and the colours of SGR
/// (ECMA-48, 8.3.117). Other escape sequences are passed over; wide characters are not known.
/// </summary>
/// <param name="width">Columns, behind which a line goes on below.</param>
internal sealed class Screen(int width)
{
    private static readonly string[] Colours = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

    private readonly List<List<Cell>> lines = [[]];
    private int column;
    private Style style;

    /// <summary>The lines, without blanks at their ends and without empty lines at the end.</summary>
    public IReadOnlyList<IReadOnlyList<Cell>> Lines
    {
        get
        {
            var trimmed = lines.ConvertAll(static l => l[..(l.FindLastIndex(static c => c.Text != ' ') + 1)]);
            return trimmed[..(trimmed.FindLastIndex(static l => l.Count > 0) + 1)];
        }
    }

    public void Write(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\n':
                    lines.Add([]);
                    column = 0;
                    break;
                case '\r':
                    column = 0;
                    break;
                case '\e' when i + 1 < text.Length && text[i + 1] == '[':
                    var end = i + 2;
                    while (end < text.Length && text[end] is (>= '0' and <= '9') or ';' or '?')
                        end++;
                    if (end < text.Length && text[end] == 'm')
                        Look(text[(i + 2)..end]);
                    i = end;
                    break;
                case '\e':
                    i++;
                    break;
                case var c when !char.IsControl(c):
                    Put(c);
                    break;
            }
        }
    }

    private void Put(char c)
    {
        if (column == width)
        {
            lines.Add([]);
            column = 0;
        }
        var line = lines[^1];
        while (line.Count <= column)
            line.Add(new Cell(' ', default));
        line[column++] = new Cell(c, style);
    }

    private void Look(string codes)
    {
        foreach (var code in codes.Split(';').Select(static c => c.Length == 0 ? 0 : int.Parse(c, CultureInfo.InvariantCulture)))
        {
            style = code switch
            {
                0 => default,
                1 => style with { Bold = true },
                2 => style with { Dim = true },
                22 => style with { Bold = false, Dim = false },
                >= 30 and <= 37 => style with { Colour = Colours[code - 30] },
                39 => style with { Colour = null },
                >= 90 and <= 97 => style with { Colour = Colours[code - 90] },
                _ => style,
            };
        }
    }

    /// <summary>A line's runs of one look.</summary>
    public static IEnumerable<(int Column, string Text, Style Style)> Runs(IReadOnlyList<Cell> line)
    {
        var text = new StringBuilder();
        var start = 0;
        for (var i = 0; i <= line.Count; i++)
        {
            if (i > start && (i == line.Count || line[i].Style != line[start].Style))
            {
                yield return (start, text.ToString(), line[start].Style);
                text.Clear();
                start = i;
            }
            if (i < line.Count)
                text.Append(line[i].Text);
        }
    }
}
