using System.Globalization;
using System.Text;

namespace Attune.Reports.Html;

/// <summary>One line of a chart.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Css">Class that gives it its colour.</param>
/// <param name="Points">By step; points that are not finite leave a gap.</param>
/// <param name="Marked">Whether every point gets a dot (few points, each one a measurement).</param>
internal sealed record ChartLine(string Name, string Css, IReadOnlyList<CurvePoint> Points, bool Marked = false);

/// <summary>
/// A line chart as inline SVG: axes, round ticks, legend, a title and a description for screen readers. It needs no script and takes its
/// colours from the page. Its units are about one CSS pixel, so that labels stay readable on a narrow screen.
/// </summary>
internal sealed class LineChart(string title, string yLabel, double height, IReadOnlyList<ChartLine> lines, int? keptStep, ChartAxis axis)
{
    private const double Width = 440, Left = 54, Right = 12, Top = 30, Bottom = 42;
    private const int MostPoints = 300;

    private readonly Ticks x = Ticks.For(lines.Min(l => l.Points.Min(p => p.Step)), lines.Max(l => l.Points.Max(p => p.Step)), 6, whole: true);
    private readonly Ticks y = Range(lines, height < 200 ? 3 : 5);

    /// <summary>The chart, or nothing where no line has two points to connect.</summary>
    public static string Svg(string title, string yLabel, double height, IEnumerable<ChartLine> candidates, int? keptStep = null, ChartAxis? axis = null)
    {
        var lines = candidates.Where(l => l.Points.Count(p => double.IsFinite(p.Value)) > 1).ToArray();
        return lines.Length == 0 ? "" : new LineChart(title, yLabel, height, lines, keptStep, axis ?? ChartAxis.OfSteps).Draw();
    }

    private string Draw()
    {
        var svg = new StringBuilder();
        var id = "chart-" + string.Concat(title.Where(char.IsAsciiLetter)).ToLowerInvariant();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">");
        svg.Append(CultureInfo.InvariantCulture, $"<title id=\"{id}-t\">{HtmlText.Escape(title)}</title><desc id=\"{id}-d\">{HtmlText.Escape(Describe())}</desc>");
        Axes(svg);
        if (keptStep is { } step && step >= x.Low && step <= x.High)
        {
            var at = X(step);
            var anchor = at > Width * 0.7 ? "end" : "start";
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"kept\" x1=\"{at:F1}\" x2=\"{at:F1}\" y1=\"{Top}\" y2=\"{height - Bottom}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"kept-label\" x=\"{at + (anchor == "end" ? -5 : 5):F1}\" y=\"{Top + 11}\" text-anchor=\"{anchor}\">{axis.Kept}</text>");
        }

        foreach (var line in lines)
            Line(svg, line);
        Legend(svg);
        return svg.Append("</svg>").ToString();
    }

    private void Axes(StringBuilder svg)
    {
        foreach (var v in y.Values)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(v):F1}\" y2=\"{Y(v):F1}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{Left - 7}\" y=\"{Y(v) + 3.5:F1}\" text-anchor=\"end\">{y.Text(v)}</text>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{height - Bottom}\" y2=\"{height - Bottom}\"/>");
        foreach (var v in x.Values)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{X(v):F1}\" x2=\"{X(v):F1}\" y1=\"{height - Bottom}\" y2=\"{height - Bottom + 4}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{X(v):F1}\" y=\"{height - Bottom + 16}\" text-anchor=\"middle\">{axis.Text?.Invoke(v) ?? x.Text(v)}</text>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"label\" x=\"{(Left + Width - Right) / 2:F1}\" y=\"{height - 6}\" text-anchor=\"middle\">{axis.Label}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"label\" x=\"{Left - 46}\" y=\"14\">{HtmlText.Escape(yLabel)}</text>");
    }

    private void Line(StringBuilder svg, ChartLine line)
    {
        var points = Thin(line.Points);
        var pen = "M";
        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"line {line.Css}\" d=\"");
        foreach (var p in points)
        {
            if (double.IsFinite(p.Value))
                svg.Append(CultureInfo.InvariantCulture, $"{pen}{X(p.Step):F1} {Y(p.Value):F1}");
            pen = double.IsFinite(p.Value) ? "L" : "M";
        }

        svg.Append("\"/>");
        if (!line.Marked || points.Count > 60)
            return;
        foreach (var p in points.Where(p => double.IsFinite(p.Value)))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot {line.Css}\" cx=\"{X(p.Step):F1}\" cy=\"{Y(p.Value):F1}\" r=\"2.8\"/>");
        }
    }

    private void Legend(StringBuilder svg)
    {
        if (lines.Count < 2)
            return;
        var right = Width - Right;
        foreach (var line in lines.Reverse())
        {
            // Seven units a letter is a little more than the widest common font needs at this size.
            var start = right - (line.Name.Length * 6.6) - 26;
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"line {line.Css}\" x1=\"{start:F1}\" x2=\"{start + 18:F1}\" y1=\"10\" y2=\"10\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"legend\" x=\"{start + 23:F1}\" y=\"14\">{HtmlText.Escape(line.Name)}</text>");
            right = start - 12;
        }
    }

    private string Describe() => string.Join(" ", lines.Select(l =>
    {
        var finite = l.Points.Where(p => double.IsFinite(p.Value)).ToArray();
        return $"{l.Name}: {Numbers.Short(finite[0].Value)} at {At(finite[0])}, {Numbers.Short(finite[^1].Value)} at {At(finite[^1])}, " +
            $"lowest {Numbers.Short(finite.Min(p => p.Value))}, highest {Numbers.Short(finite.Max(p => p.Value))}.";
    }));

    private string At(CurvePoint point) => string.Create(CultureInfo.InvariantCulture, $"{axis.Unit} {axis.Text?.Invoke(point.Step) ?? $"{point.Step}"}");

    /// <summary>At most <see cref="MostPoints"/> points, each the mean of its neighbours, so that a long run stays a small file.</summary>
    private static IReadOnlyList<CurvePoint> Thin(IReadOnlyList<CurvePoint> points)
    {
        if (points.Count <= MostPoints)
            return points;
        var size = (points.Count + MostPoints - 1) / MostPoints;
        return [.. points.Chunk(size).Select(c => new CurvePoint(c[^1].Step, c.Average(p => p.Value)))];
    }

    private static Ticks Range(IReadOnlyList<ChartLine> lines, int ticks)
    {
        var values = lines.SelectMany(l => l.Points).Select(p => p.Value).Where(double.IsFinite).ToArray();
        var (low, high) = (values.Min(), values.Max());
        return Ticks.For(low >= 0 && low < high / 2 ? 0 : low, high, ticks);
    }

    private double X(double step) => Left + ((step - x.Low) / (x.High - x.Low) * (Width - Left - Right));

    private double Y(double value) => height - Bottom - ((value - y.Low) / (y.High - y.Low) * (height - Top - Bottom));
}
