using System.Globalization;
using System.Text;

namespace Attune.Reports.Html;

/// <summary>A point of a scatter chart.</summary>
/// <param name="X">Across.</param>
/// <param name="Y">Up.</param>
/// <param name="Css">Class that gives it its colour.</param>
/// <param name="Note">Said when the pointer rests on it.</param>
internal sealed record ScatterPoint(double X, double Y, string Css, string Note);

/// <summary>A label on the axis across.</summary>
internal sealed record ScatterTick(double X, string Text);

/// <summary>Points on two axes as inline SVG, with a line of steps through some of them where asked; in the look of <see cref="LineChart"/>.</summary>
internal static class ScatterChart
{
    private const double Width = 440, Height = 240, Left = 54, Right = 12, Top = 24, Bottom = 42;

    /// <summary>The chart; the axis across goes from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public static string Svg(
        string title, string xLabel, string yLabel, double low, double high, IReadOnlyList<ScatterTick> ticks, IReadOnlyList<ScatterPoint> points, IReadOnlyList<(double X, double Y)> steps)
    {
        var y = Ticks.For(points.Min(static p => p.Y), points.Max(static p => p.Y), 4);
        double X(double v) => Left + (high > low ? (v - low) / (high - low) : 0.5) * (Width - Left - Right);
        double Y(double v) => Height - Bottom - (v - y.Low) / (y.High - y.Low) * (Height - Top - Bottom);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{HtmlText.Escape(title)}\">");
        foreach (var v in y.Values)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(v):F1}\" y2=\"{Y(v):F1}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{Left - 7}\" y=\"{Y(v) + 3.5:F1}\" text-anchor=\"end\">{y.Text(v)}</text>");
        }
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>");
        foreach (var tick in ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{X(tick.X):F1}\" x2=\"{X(tick.X):F1}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom + 4}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{X(tick.X):F1}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">{HtmlText.Escape(tick.Text)}</text>");
        }
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"label\" x=\"{(Left + Width - Right) / 2:F1}\" y=\"{Height - 6}\" text-anchor=\"middle\">{HtmlText.Escape(xLabel)}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"label\" x=\"8\" y=\"12\">{HtmlText.Escape(yLabel)}</text>");
        foreach (var (from, to) in steps.Zip(steps.Skip(1)))
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"line valid\" d=\"M{X(from.X):F1} {Y(from.Y):F1}L{X(to.X):F1} {Y(from.Y):F1}L{X(to.X):F1} {Y(to.Y):F1}\"/>");
        foreach (var point in points)
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"spot {point.Css}\" cx=\"{X(point.X):F1}\" cy=\"{Y(point.Y):F1}\" r=\"{(point.Css == "best" ? 5 : 3.2)}\"><title>{HtmlText.Escape(point.Note)}</title></circle>");
        return svg.Append("</svg>").ToString();
    }
}
