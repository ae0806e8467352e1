using System.Text;

namespace Attune.Reports.Html;

/// <summary>Whether the result may be used: each condition with what was measured.</summary>
internal static class GateSection
{
    public static void Write(StringBuilder page, Gate? gate)
    {
        if (gate is not { Conditions.Count: > 0 })
            return;
        page.Append($"<h2>May it be used?</h2>\n<p>{HtmlText.Escape(gate.Sentence)} {Badge(gate.IsMet)}</p>\n<div class=\"card\"><table class=\"stack\">\n<thead><tr>");
        page.Append("<th scope=\"col\">Condition</th><th scope=\"col\">Demanded</th><th scope=\"col\">Found</th><th scope=\"col\"></th></tr></thead>\n<tbody>\n");
        foreach (var c in gate.Conditions)
        {
            page.Append($"<tr><th scope=\"row\">{HtmlText.Escape(c.Key)}</th><td data-name=\"Demanded\">{HtmlText.Escape(c.Demand)}</td>");
            page.Append($"<td data-name=\"Found\">{HtmlText.Escape(c.Found)}</td><td>{Badge(c.IsMet)}</td></tr>\n");
        }
        page.Append("</tbody>\n</table></div>\n");
    }

    private static string Badge(bool met) => $"<span class=\"badge {(met ? "Good" : "Warning")}\">{(met ? "met" : "not met")}</span>";
}
