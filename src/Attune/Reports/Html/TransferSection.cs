using System.Text;

namespace Attune.Reports.Html;

/// <summary>The models of a distillation on the same rows: what each can do, and what it costs beside the teacher.</summary>
internal static class TransferSection
{
    public static void Write(StringBuilder page, Transfer? transfer)
    {
        if (transfer is null)
            return;
        // Models side by side: there are at most four of them, and any number of metrics.
        page.Append("<h2>Teacher and students</h2>\n<div class=\"card\"><table class=\"stack\">\n<thead><tr><th scope=\"col\">On the same rows, 95 % intervals</th>");
        page.Append(string.Concat(transfer.Models.Select(static m => $"<th scope=\"col\" class=\"num\">{HtmlText.Escape(m.Name)}</th>"))).Append("</tr></thead>\n<tbody>\n");
        var cells = transfer.Models.Select(m => transfer.Cells(m).ToArray()).ToArray();
        foreach (var (row, head) in transfer.Head.Index())
        {
            page.Append($"<tr><th scope=\"row\">{HtmlText.Escape(head)}</th>");
            foreach (var (model, of) in transfer.Models.Zip(cells))
                page.Append($"<td class=\"num\" data-name=\"{HtmlText.Escape(model.Name)}\">{HtmlText.Escape(of[row])}</td>");
            page.Append("</tr>\n");
        }
        page.Append("</tbody>\n</table></div>\n<p class=\"evidence note\">In brackets: the share of the teacher's. Times are of reading the test rows on this machine.");
        page.Append(transfer.Hidden is { } hidden ? $" {HtmlText.Escape(hidden)}" : "").Append("</p>\n");
    }
}
