using System.Globalization;
using System.Text;
using Attune.Evaluation;

namespace Attune.Reports.Html;

/// <summary>A learning curve as inline SVG: every run a dot, the fitted curve with its band, dashed beyond the rows that there are, up to twice as many.</summary>
internal sealed class LearningCurveChart(QuantityCurve curve)
{
    private const double Width = 440, Height = 300, Left = 54, Right = 24, Top = 30, Bottom = 42;
    private const int Pieces = 36;

    // The bar does not lie over the dots that it is about.
    private const double Beside = 6;

    private readonly (double Rows, Estimate Error)[] fitted = [.. Rows(curve).Select(n => (n, curve.Curve.Mean(n)))];

    private readonly Ticks x = Ticks.For(0, 2 * curve.Curve.Most, 5, whole: true);

    /// <summary>The chart.</summary>
    public string Svg()
    {
        var y = Range();
        double X(double rows) => Left + ((rows - x.Low) / (x.High - x.Low) * (Width - Left - Right));
        double Y(double error) => Height - Bottom - ((Math.Clamp(error, y.Low, y.High) - y.Low) / (y.High - y.Low) * (Height - Top - Bottom));
        string At(double rows, double error) => string.Create(CultureInfo.InvariantCulture, $"{X(rows):F1} {Y(error):F1}");
        var title = $"{curve.Metric.Name} by rows";
        var svg = new StringBuilder($"<svg class=\"chart\" viewBox=\"0 0 {Width} {Height}\" role=\"img\"><title>{HtmlText.Escape(title)}</title><desc>{HtmlText.Escape($"{curve.Sentence} Curve of the error: {QuantityReport.Formula(curve)}.")}</desc>");
        Axes(svg, y, X, Y);
        svg.Append($"<path class=\"between\" d=\"M{string.Join('L', fitted.Select(f => At(f.Rows, f.Error.Interval.High)).Concat(fitted.Reverse().Select(f => At(f.Rows, f.Error.Interval.Low))))}Z\"/>");
        svg.Append($"<path class=\"line valid\" d=\"M{string.Join('L', fitted.Where(f => f.Rows <= curve.Curve.Most).Select(f => At(f.Rows, f.Error.Value)))}\"/>");
        svg.Append($"<path class=\"line valid beyond\" d=\"M{string.Join('L', fitted.Where(f => f.Rows >= curve.Curve.Most).Select(f => At(f.Rows, f.Error.Value)))}\"/>");
        foreach (var s in curve.Samples)
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot third\" cx=\"{X(s.Rows):F1}\" cy=\"{Y(s.Error):F1}\" r=\"2.8\"/>");
        if (curve.Check is { } check && double.IsFinite(check.Predicted.Interval.High))
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"bound\" x1=\"{X(curve.Curve.Most) + Beside:F1}\" x2=\"{X(curve.Curve.Most) + Beside:F1}\" y1=\"{Y(check.Predicted.Interval.Low):F1}\" y2=\"{Y(check.Predicted.Interval.High):F1}\"/>");
        return svg.Append("</svg>").ToString();
    }

    // Evenly by their logarithm, with the most rows among them.
    private static IEnumerable<double> Rows(QuantityCurve curve)
    {
        var (low, most) = (curve.Samples.Min(static s => s.Rows), curve.Curve.Most);
        var before = Enumerable.Range(0, Pieces).Select(i => low * Math.Pow(most / low, i / (double)Pieces));
        return before.Concat(Enumerable.Range(0, Pieces / 3 + 1).Select(i => most * Math.Pow(2, i / (Pieces / 3.0))));
    }

    // By the dots and the curve; a band that is wider than twice that is cut.
    private Ticks Range()
    {
        var values = curve.Samples.Select(static s => s.Error).Concat(fitted.Select(static f => f.Error.Value)).ToArray();
        var (low, high) = (values.Min(), values.Max());
        var room = Math.Max(high - low, 1e-9);
        var bottom = Math.Max(fitted.Min(static f => f.Error.Interval.Low), Math.Max(0, low - room));
        var top = Math.Min(fitted.Max(static f => f.Error.Interval.High), high + room);
        return Ticks.For(low < high / 2 ? 0 : bottom, Math.Max(top, high), 5);
    }

    private void Axes(StringBuilder svg, Ticks y, Func<double, double> at, Func<double, double> level)
    {
        var percent = curve.Metric.Unit == MetricUnit.Fraction;
        foreach (var v in y.Values)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{level(v):F1}\" y2=\"{level(v):F1}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{Left - 7}\" y=\"{level(v) + 3.5:F1}\" text-anchor=\"end\">{(percent ? Numbers.Short(Math.Round(100 * v, 6)) + " %" : y.Text(v))}</text>");
        }
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>");
        foreach (var v in x.Values)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{at(v):F1}\" x2=\"{at(v):F1}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom + 4}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{at(v):F1}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">{x.Text(v)}</text>");
        }
        var here = at(curve.Curve.Most);
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"kept\" x1=\"{here:F1}\" x2=\"{here:F1}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"kept-label\" x=\"{here + 5:F1}\" y=\"{Top + 11}\">all rows</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"label\" x=\"{(Left + Width - Right) / 2:F1}\" y=\"{Height - 6}\" text-anchor=\"middle\">training rows</text>");
        svg.Append($"<text class=\"label\" x=\"{Left - 46}\" y=\"14\">{HtmlText.Escape(percent ? $"100 % − {curve.Metric.Name}" : curve.Metric.Name)}</text>");
    }
}
