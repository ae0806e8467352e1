using System.Globalization;
using System.Text;
using Attune.Search;

namespace Attune.Reports.Html;

/// <summary>The page of a study: the best trials, their history, what each parameter does and how much it explains.</summary>
internal static class StudyPage
{
    private const int MostListed = 15;

    // What the other pages have no need for.
    private const string Css = """
        .spot { fill: var(--train); opacity: .75; } .spot.pruned { fill: none; stroke: var(--soft); stroke-width: 1.2; opacity: .6; } .spot.best { fill: var(--valid); opacity: 1; }
        .share { display: grid; grid-template-columns: minmax(7rem, 12rem) 1fr 3rem; gap: .3rem .9rem; align-items: center; } .share .bar { margin: 0; } .share .bar span { background: var(--valid); border: 0; }
        .charts.study figure:first-child { grid-row: auto; } .path { fill: none; stroke: var(--train); stroke-width: 1.3; opacity: .35; } .path.best { stroke: var(--valid); stroke-width: 2.6; opacity: 1; } .wide { overflow-x: auto; margin: 1rem 0; }
        """;

    /// <summary>The page as one file.</summary>
    public static string Of(StudyReport study)
    {
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n");
        page.Append($"<title>{HtmlText.Escape(study.Title)}</title>\n<style>\n{ReportStyle.Css}\n{Css}\n</style>\n</head>\n<body>\n<main>\n<h1>Settings of {HtmlText.Escape(study.Title)}</h1>\n<p>{HtmlText.Escape(study.Sentence)}</p>\n");
        Table(page, study);
        var done = study.Trials.Where(static t => t.State == TrialState.Done).ToList();
        if (done.Count > 1)
        {
            page.Append("<h2>The trials</h2>\n");
            if (study.Plan.Recipe.Metric is null)
                page.Append("<p>Circles that are not filled: trials that were ended early, at the lowest loss that they had.</p>\n");
            page.Append("<div class=\"charts study\">\n");
            History(page, study, done);
            Importance(page, study);
            page.Append("</div>\n").Append(ParallelCoordinates.Figure(study, done)).Append("<h2>What each parameter does</h2>\n<div class=\"charts study\">\n");
            foreach (var parameter in study.Plan.Space.Parameters)
                Parameter(page, study, parameter);
            page.Append("</div>\n");
        }
        var failed = study.Trials.Where(static t => t.State == TrialState.Failed).ToList();
        if (failed.Count > 0)
            page.Append("<h2>Trials that failed</h2>\n");
        foreach (var trial in failed)
            page.Append(CultureInfo.InvariantCulture, $"<p>Trial {trial.Number} ({HtmlText.Escape(Said(trial))}): {HtmlText.Escape(trial.Error!, 400)}</p>\n");
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    /// <summary>The values of a trial in a line.</summary>
    internal static string Said(Trial trial) => string.Join(", ", trial.Values.Select(static v => $"{v.Name} {v.Value}"));

    private static void Table(StringBuilder page, StudyReport study)
    {
        static string Cells(IEnumerable<string> cells, string tag) => string.Concat(cells.Select(c => $"<{tag} class=\"num\">{HtmlText.Escape(c)}</{tag}>"));
        page.Append($"<div class=\"card wide\"><table>\n<thead><tr>{Cells(study.Columns, "th")}</tr></thead>\n<tbody>\n");
        foreach (var row in study.Rows(MostListed))
            page.Append($"<tr>{Cells(row, "td")}</tr>\n");
        page.Append("</tbody>\n</table></div>\n");
        if (study.Best is not null)
            page.Append($"<p>The best recipe: <code>attune train {HtmlText.Escape(study.BestRecipe)}</code></p>\n");
    }

    private static void History(StringBuilder page, StudyReport study, List<Trial> done)
    {
        var best = new List<(double X, double Y)>();
        foreach (var trial in done)
        {
            var value = trial.Result!.Value;
            if (best.Count == 0 || (study.Plan.Minimise ? value < best[^1].Y : value > best[^1].Y))
                best.Add((trial.Number, value));
        }
        best.Add((study.Trials.Count - 1, best[^1].Y));
        var ticks = Ticks.For(0, study.Trials.Count - 1, 6, whole: true);
        page.Append("<figure class=\"card\"><figcaption>Result by trial, and the best so far</figcaption>");
        page.Append(ScatterChart.Svg(
            "Result by trial", "trial", study.Columns[1], 0, study.Trials.Count - 1, [.. ticks.Values.Where(v => v <= study.Trials.Count - 1).Select(v => new ScatterTick(v, ticks.Text(v)))],
            Points(study, static t => t.Number), best));
        page.Append("</figure>\n");
    }

    private static void Parameter(StringBuilder page, StudyReport study, SearchParameter parameter)
    {
        var points = Points(study, t => t[parameter.Name] is { } value ? parameter.UnitOf(value) : double.NaN);
        if (points.Count == 0)
            return;
        page.Append($"<figure class=\"card\"><figcaption>{HtmlText.Escape(parameter.Name)}</figcaption>");
        page.Append(ScatterChart.Svg(parameter.Name, parameter.Name, study.Columns[1], 0, 1, TicksOf(parameter), points, []));
        page.Append("</figure>\n");
    }

    /// <summary>Labels of a parameter's values along [0, 1].</summary>
    internal static IReadOnlyList<ScatterTick> TicksOf(SearchParameter parameter) => parameter.Levels is > 0 and <= 8
        ? [.. Enumerable.Range(0, parameter.Levels).Select(i => (i + 0.5) / parameter.Levels).Select(u => new ScatterTick(u, parameter.ValueAt(u)))]
        : [.. ((double[])[0, 0.25, 0.5, 0.75, 1]).Select(u => Place(parameter, u))];

    // At the value that is shown, which is rounded.
    private static ScatterTick Place(SearchParameter parameter, double unit)
    {
        var value = parameter.ValueAt(unit);
        var number = double.Parse(value, CultureInfo.InvariantCulture);
        return new ScatterTick(parameter.UnitOf(value), number.ToString(Math.Abs(number) is >= 0.001 and < 1e5 or 0 ? "0.####" : "0.#e0", CultureInfo.InvariantCulture));
    }

    // Those that are done, and of those that were ended early the loss that they had, where that is the metric.
    private static List<ScatterPoint> Points(StudyReport study, Func<Trial, double> x)
    {
        var points = new List<ScatterPoint>();
        foreach (var trial in study.Trials)
        {
            var y = trial.State switch
            {
                TrialState.Done => trial.Result!.Value,
                TrialState.Pruned when study.Plan.Recipe.Metric is null => trial.Reports.Min(static r => r.Value),
                _ => double.NaN,
            };
            if (double.IsFinite(y) && double.IsFinite(x(trial)))
                points.Add(new(x(trial), y, trial == study.Best ? "best" : trial.State == TrialState.Pruned ? "pruned" : "done", $"trial {trial.Number}{(trial == study.Start ? $", {study.Plan.Start!.Name}" : "")}: {study.Value(y)}; {Said(trial)}"));
        }
        return points;
    }

    private static void Importance(StringBuilder page, StudyReport study)
    {
        if (study.Importance is not { } importance)
            return;
        page.Append("<figure class=\"card\"><figcaption>What matters: the part of the differences between trials that each parameter explains by itself</figcaption>\n<div class=\"share\">\n");
        foreach (var share in importance.Parameters)
            page.Append(CultureInfo.InvariantCulture, $"<span>{HtmlText.Escape(share.Name)}</span><span class=\"bar\"><span style=\"width:{100 * share.Share:F1}%\"></span></span><span class=\"num\">{Numbers.Percent(share.Share)}</span>\n");
        page.Append("</div></figure>\n");
    }
}
