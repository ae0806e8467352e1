using System.Globalization;
using System.Text;

namespace Attune.Reports.Html;

/// <summary>Counts as bars: columns for lengths, in their order; lines for names, each with its bar and its number.</summary>
internal static class BarChart
{
    private const int Width = 520, Height = 190, Top = 18, Bottom = 24;

    /// <summary>A histogram as SVG: a column a bin with its rows above, and the bins' beginnings below.</summary>
    public static string Columns(string title, IReadOnlyList<(string Label, double Value)> bins)
    {
        var most = Math.Max(1, bins.Max(static b => b.Value));
        var step = (double)Width / bins.Count;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{HtmlText.Escape(title)}\">");
        for (var i = 0; i < bins.Count; i++)
        {
            var (label, value) = bins[i];
            // What is there is seen, however little it is beside the rest.
            var height = value == 0 ? 0 : Math.Max(1.5, value / most * (Height - Top - Bottom));
            var (left, bottom) = (i * step, Height - Bottom);
            svg.Append(CultureInfo.InvariantCulture, $"<g><title>{HtmlText.Escape(label)}: {Numbers.Count((long)value)}</title><rect class=\"column\" x=\"{left + 1.5:F1}\" y=\"{bottom - height:F1}\" width=\"{step - 3:F1}\" height=\"{height:F1}\" rx=\"2\"/>");
            if (value > 0) svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + step / 2:F1}\" y=\"{bottom - height - 4:F1}\" text-anchor=\"middle\">{Short(value)}</text>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + 1.5:F1}\" y=\"{Height - 8}\">{HtmlText.Escape(Beginning(label))}</text></g>");
        }
        return svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"0\" x2=\"{Width}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/></svg>").ToString();
    }

    /// <summary>A line a name: the name, a bar, the number.</summary>
    /// <param name="rows">Name, number, what stands beside the number, and the class that gives the bar its colour.</param>
    public static string Lines(IReadOnlyList<(string Name, double Value, string Note, string Tone)> rows)
    {
        var most = Math.Max(1e-9, rows.Max(static r => r.Value));
        var html = new StringBuilder("<div class=\"bars\">");
        foreach (var (name, value, note, tone) in rows)
        {
            html.Append(CultureInfo.InvariantCulture, $"<span class=\"name\">{HtmlText.Escape(name, 120)}</span><i class=\"{tone}\" style=\"width:{100 * value / most:F2}%\"></i>");
            html.Append($"<span class=\"count\">{Numbers.Count((long)value)}{(note.Length == 0 ? "" : $" · {HtmlText.Escape(note)}")}</span>");
        }
        return html.Append("</div>").ToString();
    }

    // 12.3k: a column has room for four characters.
    private static string Short(double value) => value < 1000 ? Numbers.Count((long)value)
        : value < 1e6 ? (value / 1e3).ToString(value < 1e4 ? "0.#" : "0", CultureInfo.InvariantCulture) + "k" : (value / 1e6).ToString("0.#", CultureInfo.InvariantCulture) + "M";

    private static string Beginning(string label)
    {
        var end = label.AsSpan().IndexOfAny('–', ' ');
        return end < 0 ? label : label[..end] + (label[end] == ' ' ? "+" : "");
    }
}
