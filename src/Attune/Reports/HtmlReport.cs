using System.Globalization;
using System.Text;
using Attune.Evaluation;
using Attune.Reports.Analysers;
using Attune.Reports.Html;

namespace Attune.Reports;

/// <summary>
/// The report as one HTML file: no script, no outside resource, readable in light, in dark, on a phone and on paper. It is also well-formed XML.
/// It begins with the answer (what changed, is it real, what to do next); the evidence follows.
/// </summary>
public static class HtmlReport
{
    private const int LongestText = 4000;

    /// <summary>The page. Every text of the record is escaped.</summary>
    public static string Write(RunRecord run)
    {
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
        // Nothing in the page may load or run anything, whatever a model wrote into it.
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n");
        page.Append($"<title>{Text(run.Title)}</title>\n<style>\n{ReportStyle.Css}\n</style>\n</head>\n<body>\n<main>\n");
        var findings = Findings.Of(run);
        Hero(page, run);
        GateSection.Write(page, run.Gate);
        MetricSection.Write(page, run);
        TransferSection.Write(page, run.Transfer);
        FindingList(page, findings);
        Next(page, run);
        Curves(page, run.Curves);
        MemorisationSection.Write(page, run.Memorisation);
        AnswerSection.Write(page, run);
        ConfusionSection.Write(page, run.Confusions);
        Parity(page, run.Parity);
        Requantised(page, run.Requantised);
        Memory(page, run.Memory);
        Details(page, run);
        page.Append("<footer>Made by Attune. The same in plain text: report.md; for programs: report.json.</footer>\n</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    private static void Hero(StringBuilder page, RunRecord run)
    {
        var verdict = Verdict.Of(run);
        page.Append($"<header class=\"hero\">\n<p class=\"eyebrow\">{(run.Values.Count > 0 ? "Evaluation" : "Run report")}</p>\n<h1>{Text(run.Title)}</h1>\n");
        page.Append($"<p class=\"verdict\">{Text(verdict.Sentence.Replace(" %", "\u00a0%", StringComparison.Ordinal))} <span class=\"badge {verdict.Tone}\">{verdict.Label}</span></p>\n");
        var figures = new List<(string Name, string Value)>();
        if (verdict.Metric is { } m)
        {
            figures.Add(("Difference", Numbers.Change(m.Difference, m.Unit)));
            figures.Add(("95 % interval of it", Numbers.Interval(m)));
            if (m.Test is { } test)
                figures.Add(("If nothing had changed", Numbers.PValue(test.PValue)));
            figures.Add(("Rests on", $"{Numbers.Count(m.Count)} rows"));
        }

        if (run.Metrics.FirstOrDefault(x => x.Role == MetricRole.Retention) is { } kept)
            figures.Add((Verdict.Capital(kept.Name), kept.Unit == MetricUnit.Loss ? RetentionAnalyser.RelativeChange(kept) : Numbers.Change(kept.Difference, kept.Unit)));

        if (figures.Count > 0)
            page.Append($"<dl class=\"figures\">\n{string.Concat(figures.Select(static f => $"<div><dt>{Text(f.Name)}</dt><dd>{Text(f.Value)}</dd></div>\n"))}</dl>\n");
        page.Append("</header>\n");
    }

    private static void Next(StringBuilder page, RunRecord run)
    {
        if (run.Next.Count == 0)
            return;
        page.Append("<h2>What to do next</h2>\n");
        foreach (var next in run.Next)
            page.Append($"<p>{Text(next.Purpose)}</p>\n<pre><code>{Text(next.Command)}</code></pre>\n");
    }

    private static void FindingList(StringBuilder page, IReadOnlyList<Finding> findings)
    {
        if (findings.Count == 0)
            return;
        page.Append("<h2>What was found</h2>\n<ul class=\"findings\">\n");
        foreach (var f in findings)
        {
            var word = f.Tone switch { FindingTone.Good => "good", FindingTone.Warning => "look here", _ => "note" };
            page.Append($"<li class=\"card\"><span><span class=\"badge {f.Tone}\">{word}</span></span><div><h3>{Text(f.Title)}</h3>");
            page.Append($"<p class=\"evidence\">{Text(f.Evidence)}</p>{(f.Advice.Length == 0 ? "" : $"<p>{Text(f.Advice)}</p>")}</div></li>\n");
        }

        page.Append("</ul>\n");
    }

    private static void Curves(StringBuilder page, RunCurves c)
    {
        string[] charts =
        [
            LineChart.Svg("Loss", "nats per token", 404, [new("training", "train", c.TrainLoss), new("validation", "valid", c.ValidLoss, Marked: true)], c.KeptStep),
            LineChart.Svg("Learning rate", "at each step", 160, [new("learning rate", "third", c.LearningRate)]),
            LineChart.Svg("Gradient norm", "before clipping", 160, [new("gradient norm", "third", c.GradientNorm)]),
        ];
        string[] names = ["Loss", "Learning rate", "Gradient norm"];
        if (charts.All(s => s.Length == 0))
            return;
        page.Append("<h2>How it learned</h2>\n<div class=\"charts\">\n");
        foreach (var (name, svg) in names.Zip(charts).Where(p => p.Second.Length > 0))
            page.Append($"<figure class=\"card\"><figcaption>{name}</figcaption>{svg}</figure>\n");
        page.Append("</div>\n");
    }

    private static void Parity(StringBuilder page, IReadOnlyList<ParityLine> forms)
    {
        if (forms.Count == 0)
            return;
        page.Append("<h2>Do the saved files say the same?</h2>\n<div class=\"card\"><table class=\"stack\">\n<thead><tr><th scope=\"col\">Form</th><th scope=\"col\" class=\"num\">Same ids</th>");
        page.Append("<th scope=\"col\" class=\"num\">Largest difference of a logit</th><th scope=\"col\" class=\"num\">Allowed</th><th scope=\"col\" class=\"num\">Loss on the rows</th><th scope=\"col\"></th></tr></thead>\n<tbody>\n");
        foreach (var p in forms)
        {
            page.Append($"<tr><th scope=\"row\">{Text(p.Form)}</th><td class=\"num\" data-name=\"Same ids\">{Numbers.Count(p.SameIds)} of {Numbers.Count(p.Prompts)}</td><td class=\"num\" data-name=\"Difference\">{Numbers.Short(p.Difference)}</td>");
            page.Append($"<td class=\"num\" data-name=\"Allowed\">{Numbers.Short(p.Allowed)}</td><td class=\"num\" data-name=\"Loss\">{(p.Loss is { } loss ? Numbers.Value(loss, MetricUnit.Loss) : "")}</td><td><span class=\"badge {(p.Holds ? "Good" : "Warning")}\">{(p.Holds ? "the same" : p.Failed is null ? "not the same" : "not written")}</span>{(p.Failed is { } why ? " " + Text(why) : "")}</td></tr>\n");
        }

        page.Append("</tbody>\n</table></div>\n");
    }

    private static void Requantised(StringBuilder page, RequantisedLosses? losses)
    {
        if (losses is null)
            return;
        page.Append($"<h2>What it costs to leave the quantised base</h2>\n<div class=\"card\"><table>\n<thead><tr><th scope=\"col\">Form</th><th scope=\"col\" class=\"num\">Loss on {losses.Rows} rows</th><th scope=\"col\" class=\"num\">Above the result's</th></tr></thead>\n<tbody>\n");
        foreach (var line in losses.Lines)
            page.Append($"<tr><th scope=\"row\">{Text(line[0])}</th><td class=\"num\">{Text(line[1])}</td><td class=\"num\">{Text(line[2])}</td></tr>\n");
        page.Append("</tbody>\n</table></div>\n");
    }

    private static void Memory(StringBuilder page, IReadOnlyList<MemoryLine> plan)
    {
        var total = plan.Sum(l => l.Bytes);
        if (total <= 0)
            return;
        page.Append("<h2>Where the memory went</h2>\n<div class=\"card\"><div class=\"bar\" aria-hidden=\"true\">");
        for (var i = 0; i < plan.Count; i++)
            page.Append(CultureInfo.InvariantCulture, $"<span class=\"m{i % 6}\" style=\"width:{100.0 * plan[i].Bytes / total:F2}%\"></span>");
        page.Append("</div><table><tbody>\n");
        for (var i = 0; i < plan.Count; i++)
        {
            page.Append($"<tr><th scope=\"row\"><span class=\"swatch m{i % 6}\"></span>{Text(plan[i].Name)}</th><td class=\"num\">{Numbers.Bytes(plan[i].Bytes)}</td>");
            page.Append($"<td class=\"num\">{Numbers.Percent((double)plan[i].Bytes / total)}</td></tr>\n");
        }

        page.Append($"<tr><th scope=\"row\">planned peak</th><td class=\"num\">{Numbers.Bytes(total)}</td><td></td></tr>\n</tbody></table></div>\n");
    }

    private static void Details(StringBuilder page, RunRecord run)
    {
        page.Append("<h2>The run</h2>\n");
        if (run.Warnings.Count > 0)
            page.Append("<div class=\"card\"><h3>Warnings</h3>" + string.Concat(run.Warnings.Select(w => $"<p>{Text(w)}</p>")) + "</div>\n");
        Facts("Model and data", run.Facts, open: true);
        if (run.Settings.Count > 0)
        {
            page.Append("<details><summary>Settings, each with its reason</summary><div class=\"card\"><table class=\"stack settings\"><thead><tr><th scope=\"col\">Key</th><th scope=\"col\">Value</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
            foreach (var s in run.Settings)
                page.Append($"<tr><td><code>{Text(s.Key)}</code></td><td><code>{Text(s.Value)}</code></td><td class=\"evidence\">{Text(s.Reason)}</td></tr>\n");
            page.Append("</tbody></table></div></details>\n");
        }

        Facts("Machine and versions", run.Environment, open: false);

        void Facts(string title, IReadOnlyList<Fact> facts, bool open)
        {
            if (facts.Count == 0)
                return;
            page.Append($"<details{(open ? " open=\"open\"" : "")}><summary>{title}</summary><div class=\"card\"><table><tbody>\n");
            foreach (var f in facts)
                page.Append($"<tr><th scope=\"row\">{Text(f.Name)}</th><td class=\"text\">{Text(f.Value)}</td></tr>\n");
            page.Append("</tbody></table></div></details>\n");
        }
    }

    private static string Text(string text) => HtmlText.Escape(text, LongestText);
}
