using System.Globalization;
using System.Text;
using Attune.Search;

namespace Attune.Reports.Html;

/// <summary>Every done trial as a line through an axis for each parameter and one for the result; the best one stands out.</summary>
internal static class ParallelCoordinates
{
    private const double Height = 240, Top = 34, Bottom = 30, Side = 60, Least = 904;

    /// <summary>The chart in a figure; nothing where there is one parameter alone, whose scatter says the same.</summary>
    public static string Figure(StudyReport study, IReadOnlyList<Trial> done)
    {
        var parameters = study.Plan.Space.Parameters;
        if (parameters.Count < 2)
            return "";
        var width = Math.Max(Least, 2 * Side + 120.0 * parameters.Count);
        var y = Ticks.For(done.Min(static t => t.Result!.Value), done.Max(static t => t.Result!.Value), 4);
        double X(int axis) => Side + axis * (width - 2 * Side) / parameters.Count;
        double Y(double unit) => Height - Bottom - unit * (Height - Top - Bottom);
        var svg = new StringBuilder("<figure class=\"card wide\"><figcaption>Each trial as a line, the best one thick</figcaption>");
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" viewBox=\"0 0 {width} {Height}\" role=\"img\" aria-label=\"Trials in parallel coordinates\">");
        void Axis(int axis, string name, IReadOnlyList<ScatterTick> ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{X(axis):F1}\" x2=\"{X(axis):F1}\" y1=\"{Y(0):F1}\" y2=\"{Y(1):F1}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"label\" x=\"{X(axis):F1}\" y=\"{(axis % 2 == 0 ? 12 : 25)}\" text-anchor=\"middle\">{HtmlText.Escape(name)}</text>");
            foreach (var tick in ticks)
                svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{X(axis) + 5:F1}\" y=\"{Y(tick.X) + 3.5:F1}\">{HtmlText.Escape(tick.Text)}</text>");
        }

        foreach (var trial in done.OrderBy(t => t == study.Best))
        {
            var pen = "M";
            svg.Append($"<path class=\"path{(trial == study.Best ? " best" : "")}\" d=\"");
            for (var i = 0; i <= parameters.Count; i++)
            {
                double? unit = i == parameters.Count ? (trial.Result!.Value - y.Low) / (y.High - y.Low) : trial[parameters[i].Name] is { } value ? parameters[i].UnitOf(value) : null;
                if (unit is not { } place)
                    continue;
                svg.Append(CultureInfo.InvariantCulture, $"{pen}{X(i):F1} {Y(place):F1}");
                pen = "L";
            }
            svg.Append($"\"><title>{HtmlText.Escape($"trial {trial.Number}: {study.Value(trial.Result!.Value)}; {StudyPage.Said(trial)}")}</title></path>");
        }
        foreach (var (i, parameter) in parameters.Index())
            Axis(i, parameter.Name[(parameter.Name.IndexOf('.', StringComparison.Ordinal) + 1)..], StudyPage.TicksOf(parameter));
        Axis(parameters.Count, study.Columns[1], [.. y.Values.Select(v => new ScatterTick((v - y.Low) / (y.High - y.Low), y.Text(v)))]);
        return svg.Append("</svg></figure>\n").ToString();
    }
}
