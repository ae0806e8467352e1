using System.Text;
using Attune.Quality;
using Attune.Reports.Html;

namespace Attune.Reports;

/// <summary>What was found in data files, as one HTML file: what is to be mended first, with rows that show it; then what the rows are. No script, no outside resource.</summary>
public static class QualityPage
{
    private const int LongestText = 400, MostNarrow = 14;

    /// <summary>The page. Every text of the data is escaped.</summary>
    public static string Write(QualityReport report)
    {
        var names = string.Join(", ", report.Files.Select(static f => Path.GetFileName(f.Path)));
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n");
        page.Append($"<title>{Text(names)}</title>\n<style>\n{ReportStyle.Css}\n</style>\n</head>\n<body>\n<main>\n");
        Hero(page, report, names);
        Found(page, report);
        Overview(page, report);
        Rows(page, report);
        Tables(page, report);
        Files(page, report);
        page.Append("<footer>Made by Attune. Nothing was changed; attune data clean applies the remedies that it is given, and lists what it drops.</footer>\n</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    private static void Hero(StringBuilder page, QualityReport report, string names)
    {
        var mend = report.Findings.Count(static f => f.Severity >= QualitySeverity.Warning);
        var notes = report.Findings.Count(static f => f.Severity == QualitySeverity.Note);
        var sentence = mend == 0
            ? $"Nothing was found in {Numbers.Count(report.Rows)} rows that must be mended."
            : $"{Numbers.Count(report.Rows)} rows, and {mend} of {report.Findings.Count} checks found what is likely to make a model worse.";
        page.Append($"<header class=\"hero\">\n<p class=\"eyebrow\">Data report</p>\n<h1>{Text(names)}</h1>\n");
        page.Append($"<p class=\"verdict\">{sentence} <span class=\"badge {(mend == 0 ? "Good" : "Warning")}\">{(mend == 0 ? "good to train" : "look here")}</span></p>\n");
        page.Append("<dl class=\"figures\">\n");
        (string Name, string Value)[] figures =
        [
            ("Rows", Numbers.Count(report.Rows)), ("Read", Numbers.Bytes(report.Bytes)), ("Checks that say mend", Numbers.Count(mend)), ("Checks that note", Numbers.Count(notes)),
            .. report.Evaluation.Count == 0 ? Array.Empty<(string, string)>() : [("Measured on", $"{Numbers.Count(report.Evaluation.Sum(static f => (long)f.Rows))} rows")],
        ];
        page.Append(string.Concat(figures.Select(static f => $"<div><dt>{f.Name}</dt><dd>{f.Value}</dd></div>\n"))).Append("</dl>\n</header>\n");
    }

    private static void Found(StringBuilder page, QualityReport report)
    {
        page.Append("<h2>What was found</h2>\n<ul class=\"findings\">\n");
        foreach (var f in report.Findings.Where(static f => f.Severity != QualitySeverity.Fine).OrderByDescending(static f => f.Severity))
        {
            page.Append($"<li class=\"card\"><span><span class=\"badge {f.Severity}\">{Word(f.Severity)}</span></span><div><h3>{Text(Capital(f.Title))}</h3><p>{Text(f.Text)}</p>");
            if (f.Rows > 0 && f.Remedies.Count > 0) page.Append($"<p class=\"evidence\">Remedies: {string.Join(", ", f.Remedies.Select(static r => $"<code>--remedy {Text(r)}</code>"))}</p>");
            page.Append("</div></li>\n");
        }
        var fine = report.Findings.Where(static f => f.Severity == QualitySeverity.Fine).ToArray();
        if (fine.Length > 0)
        {
            page.Append($"<li class=\"card\"><span><span class=\"badge Good\">fine</span></span><div><table><tbody>\n");
            foreach (var f in fine) page.Append($"<tr><th scope=\"row\">{Text(Capital(f.Title))}</th><td class=\"evidence\">{Text(f.Text)}</td></tr>\n");
            page.Append("</tbody></table></div></li>\n");
        }
        page.Append("</ul>\n");
    }

    private static void Overview(StringBuilder page, QualityReport report)
    {
        var concerned = report.Findings.Where(static f => f.Rows > 0).OrderByDescending(static f => f.Rows).ToArray();
        if (concerned.Length == 0) return;
        page.Append("<h2>Rows that are concerned</h2>\n<div class=\"card\">");
        page.Append(BarChart.Lines([.. concerned.Select(static f => (Capital(f.Title), (double)f.Rows, $"{Numbers.Short(100 * f.Share)} %", f.Severity.ToString()))])).Append("</div>\n");
    }

    private static void Rows(StringBuilder page, QualityReport report)
    {
        foreach (var f in report.Findings.Where(static f => f.Examples.Count > 0).OrderByDescending(static f => f.Severity))
        {
            page.Append($"<details{(f.Severity >= QualitySeverity.Warning ? " open=\"open\"" : "")}><summary>{Text(Capital(f.Title))}: {Numbers.Count(f.Examples.Count)} of {Numbers.Count(f.Rows)} rows</summary>\n<div class=\"card examples\"><table class=\"stack\"><tbody>\n");
            foreach (var e in f.Examples)
            {
                page.Append($"<tr><th scope=\"row\">{Text(e.Place)}</th><td><p>{Text(e.Why)}</p>");
                Excerpt(page, e);
                if (e.Other is { } other) Excerpt(page, other);
                page.Append("</td></tr>\n");
            }
            page.Append("</tbody></table></div></details>\n");
        }
    }

    private static void Excerpt(StringBuilder page, QualityExample e)
    {
        page.Append("<p class=\"text evidence\">");
        if (e.Prompt.Length > 0) page.Append(Text(e.Prompt)).Append(e.Answer.Length > 0 ? " → " : "");
        page.Append(Text(e.Answer)).Append("</p>");
    }

    // Lengths keep their order, and stand as columns; what has names stands as lines.
    private static void Tables(StringBuilder page, QualityReport report)
    {
        var tables = report.Findings.SelectMany(static f => f.Tables.Select(t => (Finding: f, Table: t))).Where(static t => t.Table.Rows.Count > 0).ToArray();
        if (tables.Length == 0) return;
        page.Append("<h2>What the rows are</h2>\n<div class=\"twin\">\n");
        foreach (var (finding, table) in tables.OrderBy(static t => !t.Table.Ordered))
        {
            var title = $"{finding.Title}: {table.Name}";
            var total = Math.Max(1, table.Rows.Sum(static r => r.Value));
            page.Append($"<figure class=\"card{(table.Rows.Count > MostNarrow && !table.Ordered ? " wide" : "")}\"><figcaption>{Text(Capital(table.Name))}</figcaption>");
            page.Append(table.Ordered ? BarChart.Columns(title, table.Rows) : BarChart.Lines([.. table.Rows.Select(r => (r.Label, r.Value, Numbers.Percent(r.Value / total), ""))]));
            page.Append("</figure>\n");
        }
        page.Append("</div>\n");
    }

    private static void Files(StringBuilder page, QualityReport report)
    {
        page.Append("<h2>The files</h2>\n<div class=\"card\"><table class=\"stack\">\n<thead><tr><th scope=\"col\">File</th><th scope=\"col\">Format</th><th scope=\"col\">Shape</th><th scope=\"col\" class=\"num\">Rows</th></tr></thead>\n<tbody>\n");
        foreach (var (file, use) in report.Files.Select(static f => (f, "")).Concat(report.Evaluation.Select(static f => (f, " (measured on)"))))
            page.Append($"<tr><th scope=\"row\">{Text(Path.GetFileName(file.Path) + use)}</th><td data-name=\"Format\">{Text(file.Format)}</td><td data-name=\"Shape\">{Text(file.Shape)}</td><td class=\"num\" data-name=\"Rows\">{Numbers.Count(file.Rows)}</td></tr>\n");
        page.Append("</tbody></table>\n");
        foreach (var warning in report.Warnings) page.Append($"<p class=\"evidence\">{Text(warning)}</p>\n");
        page.Append("</div>\n");
    }

    private static string Word(QualitySeverity severity) => severity switch { QualitySeverity.Error => "mend", QualitySeverity.Warning => "look here", _ => "note" };

    private static string Capital(string text) => Verdict.Capital(text);

    private static string Text(string text) => HtmlText.Escape(text, LongestText);
}
