using System.Text;

namespace Attune.Reports.Html;

/// <summary>The models of a distillation on the same rows: what each can do, and what it costs beside the teacher.</summary>
internal static class TransferSection
{
    public static void Write(StringBuilder page, Transfer? transfer)
    {
        if (transfer is null)
            return;
        page.Append("<h2>Teacher and students</h2>\n<div class=\"card\"><table class=\"metrics stack\">\n<thead><tr><th scope=\"col\">On the same rows, 95 % intervals</th>");
        page.Append(string.Concat(transfer.Head.Select(static h => $"<th scope=\"col\" class=\"num\">{HtmlText.Escape(h)}</th>"))).Append("</tr></thead>\n<tbody>\n");
        foreach (var model in transfer.Models)
        {
            page.Append($"<tr><th scope=\"row\">{HtmlText.Escape(model.Name)}</th>");
            foreach (var (head, cell) in transfer.Head.Zip(transfer.Cells(model)))
                page.Append($"<td class=\"num\" data-name=\"{HtmlText.Escape(head)}\">{HtmlText.Escape(cell)}</td>");
            page.Append("</tr>\n");
        }
        page.Append("</tbody>\n</table></div>\n<p class=\"evidence note\">In brackets: the share of the teacher's. Times are of reading the test rows on this machine.</p>\n");
    }
}
