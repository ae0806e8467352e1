using System.Globalization;
using System.Text;
using Attune.Evaluation.Metrics;

namespace Attune.Reports.Html;

/// <summary>What was taken for what: the table as a whole where it is small, the most frequent mistakes, and every label with the weakest first.</summary>
internal static class ConfusionSection
{
    private const int MostColumns = 16, MostMistakes = 8, FirstLabels = 10;

    public static void Write(StringBuilder page, IReadOnlyList<ConfusionPair> confusions)
    {
        foreach (var pair in confusions)
        {
            page.Append("<h2>Which labels are taken for which</h2>\n");
            if (pair.After.Labels.Count <= MostColumns)
                Matrix(page, pair.After);
            Mistakes(page, pair.After);
            Labels(page, pair);
        }
    }

    /// <summary>Mistakes by how often they were made: expected label, answered label ("something else" where it is none), count.</summary>
    public static IEnumerable<(string Expected, string Answered, int Count)> MistakesOf(Confusion c) => c.Labels.Index()
        .SelectMany(e => c.Counts[e.Index].Index().Where(a => a.Index != e.Index && a.Item > 0)
            .Select(a => (e.Item, a.Index == c.Labels.Count ? "something else" : c.Labels[a.Index], a.Item)))
        .OrderByDescending(static m => m.Item3).ThenBy(static m => m.Item1, StringComparer.Ordinal);

    private static void Matrix(StringBuilder page, Confusion c)
    {
        page.Append("<div class=\"card matrixcard\"><table class=\"matrix\">\n<thead><tr><th scope=\"col\">expected ↓ &#160; answered →</th>");
        foreach (var label in c.Labels.Append("else"))
            page.Append($"<th scope=\"col\" class=\"turned\"><span>{HtmlText.Escape(Short(label))}</span></th>");
        page.Append("</tr></thead>\n<tbody>\n");
        for (var row = 0; row < c.Labels.Count; row++)
        {
            var total = Math.Max(1, c.Counts[row].Sum());
            page.Append($"<tr><th scope=\"row\">{HtmlText.Escape(Short(c.Labels[row]))}</th>");
            for (var column = 0; column <= c.Labels.Count; column++)
            {
                var n = c.Counts[row][column];
                var kind = n == 0 ? "none" : column == row ? "hit" : "miss";
                page.Append(CultureInfo.InvariantCulture, $"<td class=\"{kind}\" style=\"--share:{100.0 * n / total:F0}%\">{(n == 0 ? "·" : Numbers.Count(n))}</td>");
            }
            page.Append("</tr>\n");
        }
        page.Append("</tbody></table></div>\n");
    }

    // The table has little room; the list below it says names in full.
    private static string Short(string label) => label.Length <= 26 ? label : string.Concat(label.AsSpan(0, 25), "…");

    private static void Mistakes(StringBuilder page, Confusion c)
    {
        var mistakes = MistakesOf(c).ToArray();
        if (mistakes.Length == 0)
        {
            page.Append("<p>No label was taken for another.</p>\n");
            return;
        }
        page.Append("<h3 class=\"sub\">The most frequent mistakes</h3>\n<ul class=\"mistakes\">\n");
        foreach (var (expected, answered, count) in mistakes.Take(MostMistakes))
            page.Append($"<li><span class=\"times\">{Numbers.Count(count)} ×</span> <code>{HtmlText.Escape(expected, 80)}</code> taken for <code>{HtmlText.Escape(answered, 80)}</code></li>\n");
        page.Append("</ul>\n");
    }

    private static void Labels(StringBuilder page, ConfusionPair pair)
    {
        var order = Enumerable.Range(0, pair.After.Labels.Count).OrderBy(pair.After.F1).ToArray();
        page.Append("<h3 class=\"sub\">Every label, the weakest first</h3>\n");
        Table(page, pair, order.Take(FirstLabels));
        if (order.Length <= FirstLabels)
            return;
        page.Append($"<details><summary>{Numbers.Count(order.Length - FirstLabels)} more labels</summary>\n");
        Table(page, pair, order.Skip(FirstLabels));
        page.Append("</details>\n");
    }

    private static void Table(StringBuilder page, ConfusionPair pair, IEnumerable<int> labels)
    {
        var (before, after) = (pair.Before, pair.After);
        page.Append("<div class=\"card\"><table class=\"stack labels\">\n<thead><tr><th scope=\"col\">Label</th><th scope=\"col\" class=\"num\">Rows</th>");
        page.Append($"{(before is null ? "" : "<th scope=\"col\" class=\"num\">Right before</th>")}<th scope=\"col\" class=\"num\">Right{(before is null ? "" : " after")}</th><th scope=\"col\" class=\"num\">F1</th></tr></thead>\n<tbody>\n");
        foreach (var i in labels)
        {
            page.Append($"<tr><th scope=\"row\">{HtmlText.Escape(after.Labels[i], 80)}</th><td class=\"num\" data-name=\"Rows\">{Numbers.Count(after.Counts[i].Sum())}</td>");
            page.Append(before is null ? "" : $"<td class=\"num\" data-name=\"Right before\">{Numbers.Count(before.Counts[i][i])}</td>");
            page.Append($"<td class=\"num\" data-name=\"Right\">{Numbers.Count(after.Counts[i][i])}</td><td class=\"num\" data-name=\"F1\">{Numbers.Percent(after.F1(i))}</td></tr>\n");
        }
        page.Append("</tbody></table></div>\n");
    }
}
