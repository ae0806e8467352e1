using System.Text;
using Attune.Reports.Analysers;

namespace Attune.Reports.Html;

/// <summary>What was measured: each metric with both values, their difference, its interval and test; or one model's values with theirs.</summary>
internal static class MetricSection
{
    public static void Write(StringBuilder page, RunRecord run)
    {
        if (run.Metrics.Count > 0)
            Changes(page, run);
        if (run.Values.Count > 0)
            Values(page, run.Values);
    }

    private static void Changes(StringBuilder page, RunRecord run)
    {
        var (before, after) = (HtmlText.Escape(Verdict.Capital(run.Sides.Before)), HtmlText.Escape(Verdict.Capital(run.Sides.After)));
        page.Append("<h2>What changed</h2>\n<div class=\"card\"><table class=\"metrics stack\">\n<thead><tr><th scope=\"col\">Measured on the same rows</th>");
        page.Append($"<th scope=\"col\" class=\"num\">{before}</th><th scope=\"col\" class=\"num\">{after}</th><th scope=\"col\" class=\"chartcell\"><span aria-hidden=\"true\">○ → ●</span></th>");
        page.Append("<th scope=\"col\">Difference, 95 % interval</th><th scope=\"col\">Is it real?</th></tr></thead>\n<tbody>\n");
        foreach (var m in run.Metrics)
        {
            page.Append($"<tr><th scope=\"row\">{HtmlText.Escape(m.Name)}<span class=\"evidence\">{Numbers.Count(m.Count)} rows</span></th>");
            page.Append($"<td class=\"num\" data-name=\"{before}\">{Numbers.Value(m.Before, m.Unit)}</td><td class=\"num strong\" data-name=\"{after}\">{Numbers.Value(m.After, m.Unit)}</td>");
            page.Append($"<td class=\"chartcell\">{Dumbbell.Svg(m)}</td><td data-name=\"Difference\">{Numbers.Change(m.Difference, m.Unit)}<span class=\"evidence\">{Numbers.Interval(m)}</span></td>");
            page.Append($"<td data-name=\"Is it real?\">{Real(m)}</td></tr>\n");
        }

        page.Append("</tbody>\n</table></div>\n<p class=\"evidence note\">A difference is called real where its interval leaves zero out and a paired test finds it less likely than 5 % if nothing had changed ");
        page.Append("(McNemar's for right and wrong, else by permutation). Each row is judged by itself: of twenty metrics, one may seem real by chance.</p>\n");
    }

    private static string Real(MetricChange m)
    {
        var (tone, word) = !m.IsReal ? ("Note", "not clear")
            : m.IsBetter ? ("Good", "better")
            : m.Role == MetricRole.Retention && !RetentionAnalyser.IsForgotten(m) ? ("Note", "a little worse")
            : ("Warning", "worse");
        var test = m.Test is { } t ? $"<span class=\"evidence\">{HtmlText.Escape(Numbers.PValue(t.PValue))}, {HtmlText.Escape(t.Name)}</span>" : "";
        return $"<span class=\"badge {tone}\">{word}</span>{test}";
    }

    private static void Values(StringBuilder page, IReadOnlyList<MetricValue> values)
    {
        page.Append("<h2>What was measured</h2>\n<div class=\"card\"><table class=\"metrics stack\">\n<thead><tr><th scope=\"col\">Measured</th><th scope=\"col\" class=\"num\">Value</th>");
        page.Append("<th scope=\"col\" class=\"num\">95 % interval</th><th scope=\"col\" class=\"num\">Rows</th></tr></thead>\n<tbody>\n");
        foreach (var v in values)
        {
            page.Append($"<tr><th scope=\"row\">{HtmlText.Escape(v.Name)}</th><td class=\"num strong\" data-name=\"Value\">{Numbers.Value(v.Value, v.Unit)}</td>");
            page.Append($"<td class=\"num\" data-name=\"95 % interval\">{Numbers.Interval(v)}</td><td class=\"num\" data-name=\"Rows\">{Numbers.Count(v.Count)}</td></tr>\n");
        }

        page.Append("</tbody>\n</table></div>\n<p class=\"evidence note\">The interval says within which values the metric would mostly lie on other rows of this kind. To see whether one model is better than another, measure both on the same rows (--against, --base).</p>\n");
    }
}
