using System.Text;

namespace Attune.Reports.Html;

/// <summary>The page of a study of data quantity.</summary>
internal static class QuantityPage
{
    /// <summary>The page.</summary>
    /// <param name="report">What was found out.</param>
    /// <param name="method">How, in a few sentences.</param>
    public static string Write(QuantityReport report, string method)
    {
        static string Text(string text) => HtmlText.Escape(text);
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n");
        page.Append($"<title>{Text(report.Title)}</title>\n<style>\n{ReportStyle.Css}\n</style>\n</head>\n<body>\n<main>\n");
        page.Append($"<header class=\"hero\">\n<p class=\"eyebrow\">Are these rows enough?</p>\n<h1>{Text(report.Title)}</h1>\n");
        if (report.Curves is [var first, ..])
            page.Append($"<p class=\"verdict\">{Text(first.Sentence)} {Badge(first)}</p>\n");
        page.Append($"<dl class=\"figures\">\n<div><dt>Training rows</dt><dd>{Numbers.Count(report.Rows)}</dd></div>\n<div><dt>Held-out rows</dt><dd>{Numbers.Count(report.HeldOut)}</dd></div>\n");
        page.Append($"<div><dt>Runs</dt><dd>{Numbers.Count(report.Points.Count)}</dd></div>\n<div><dt>Steps at most</dt><dd>{Numbers.Count(report.Steps.Taken)}</dd></div>\n</dl>\n</header>\n");
        if (report.Curves.Count > 0)
            page.Append("<h2>What more rows bring</h2>\n<div class=\"curves\">\n");
        foreach (var c in report.Curves)
        {
            page.Append($"<figure class=\"card\"><figcaption>{Text(Verdict.Capital(c.Metric.Name))} {Badge(c)}</figcaption>{new LearningCurveChart(c).Svg()}");
            page.Append($"<p>{Text(c.Sentence)} {Text(c.Advice)}</p><p class=\"evidence\">Error ≈ {Text(QuantityReport.Formula(c))}; a {Text(c.Shown(c.Curve.Floor))}, c {Text(QuantityReport.Bare(c.Curve.Exponent))}. {Text(QuantityReport.CheckOf(c))}</p></figure>\n");
        }
        if (report.Curves.Count > 0)
            page.Append("</div>\n<p class=\"note evidence\">Dots: runs. Line and band: the fitted curve with its 95 % interval, dashed beyond the rows that there are. Bar: what the smaller parts alone foretell for all rows.</p>\n");
        foreach (var note in report.Notes)
            page.Append($"<p class=\"note\">{Text(note)}</p>\n");
        page.Append($"<h2>What was measured</h2>\n<div class=\"card\"><table>\n<thead><tr>{Cells(report.Columns, "th")}</tr></thead>\n<tbody>\n");
        foreach (var row in report.Table)
            page.Append($"<tr>{Cells(row, "td")}</tr>\n");
        page.Append($"</tbody>\n</table></div>\n<p class=\"note evidence\">{Text(method)}</p>\n<footer>Made by Attune. The same in plain text: enough.md; for programs: enough.json.</footer>\n</main>\n</body>\n</html>\n");
        return page.ToString();

        static string Cells(IEnumerable<string> cells, string tag) => string.Concat(cells.Select(c => $"<{tag} class=\"num\">{Text(c)}</{tag}>"));
    }

    private static string Badge(QuantityCurve c) => c.Verdict switch
    {
        CurveVerdict.Told => "<span class=\"badge Good\">can be told</span>",
        CurveVerdict.Flat => "<span class=\"badge Note\">flat</span>",
        CurveVerdict.Rising => "<span class=\"badge Warning\">rising</span>",
        _ => "<span class=\"badge Warning\">cannot be told</span>",
    };
}
