using System.Globalization;
using Attune.Evaluation;
using Attune.Reports.Analysers;

namespace Attune.Reports.Html;

/// <summary>A metric's move on a line: a hollow dot before, a full dot after, and the interval of the difference as a pale band around the latter.</summary>
internal static class Dumbbell
{
    private const double Width = 220, Height = 26, Pad = 9;

    public static string Svg(MetricChange m)
    {
        double[] ends = [m.Before, m.After, m.Before + m.Low, m.Before + m.High];
        if (!ends.All(double.IsFinite))
            return "";
        var (low, high) = m.Unit == MetricUnit.Fraction ? (0.0, 1.0) : (Math.Min(0, ends.Min()), Math.Max(0, ends.Max()) * 1.05);
        if (!(high > low))
            (low, high) = (low - 1, high + 1);
        double X(double v) => Pad + (Math.Clamp((v - low) / (high - low), 0, 1) * (Width - (2 * Pad)));
        var mid = Height / 2;
        var (from, to) = (X(m.Before + m.Low), X(m.Before + m.High));
        var tone = m.IsReal && m.IsBetter ? "good" : m.Role == MetricRole.Retention ? (RetentionAnalyser.IsForgotten(m) ? "bad" : "even") : m.IsReal ? "bad" : "even";
        return string.Create(CultureInfo.InvariantCulture,
            $"<svg class=\"dumbbell {tone}\" viewBox=\"0 0 {Width} {Height}\" aria-hidden=\"true\">" +
            $"<line class=\"track\" x1=\"{Pad}\" x2=\"{Width - Pad}\" y1=\"{mid}\" y2=\"{mid}\"/>" +
            $"<rect class=\"band\" x=\"{from:F1}\" y=\"{mid - 6}\" width=\"{Math.Max(1, to - from):F1}\" height=\"12\" rx=\"6\"/>" +
            $"<line class=\"move\" x1=\"{X(m.Before):F1}\" x2=\"{X(m.After):F1}\" y1=\"{mid}\" y2=\"{mid}\"/>" +
            $"<circle class=\"was\" cx=\"{X(m.Before):F1}\" cy=\"{mid}\" r=\"5\"/><circle class=\"is\" cx=\"{X(m.After):F1}\" cy=\"{mid}\" r=\"6\"/></svg>");
    }
}
