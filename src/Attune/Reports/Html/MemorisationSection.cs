using System.Text;
using Attune.Evaluation;

namespace Attune.Reports.Html;

/// <summary>How often training rows are continued word for word, beside unseen ones, and the rows that are known by heart.</summary>
internal static class MemorisationSection
{
    private const int LongestText = 1000;

    public static void Write(StringBuilder page, Memorisation? memory)
    {
        if (memory is not { Rows: > 0 } m)
            return;
        page.Append("<h2>What is known by heart</h2>\n<div class=\"card\"><table class=\"stack\">\n<thead><tr><th scope=\"col\">Rows, given their first half</th><th scope=\"col\" class=\"num\">Continued</th>");
        page.Append("<th scope=\"col\" class=\"num\">Word for word</th><th scope=\"col\" class=\"num\">Written in one run, on average</th></tr></thead>\n<tbody>\n");
        Row("training rows", m.Rows, m.Verbatim, m.Share, m.Run);
        Row("unseen rows", m.UnseenRows, m.UnseenVerbatim, m.UnseenShare, m.UnseenRun);
        page.Append("</tbody>\n</table></div>\n<p class=\"evidence note\">What is right on both is skill; what is right on training rows alone is memory (Carlini et al. 2023).</p>\n");
        if (m.Found.Count == 0)
            return;
        page.Append("<div class=\"card\"><table class=\"stack\">\n<thead><tr><th scope=\"col\">Known by heart</th><th scope=\"col\" class=\"num\">Times in the data</th><th scope=\"col\">Given</th><th scope=\"col\">Written</th></tr></thead>\n<tbody>\n");
        foreach (var r in m.Found)
        {
            page.Append($"<tr><th scope=\"row\">{HtmlText.Escape($"{r.File}, row {r.Row}")}</th><td class=\"num\" data-name=\"Times\">{Numbers.Count(r.Times)}</td>");
            page.Append($"<td data-name=\"Given\">{Text(r.Context)}</td><td data-name=\"Written\">{Text(r.Text)}</td></tr>\n");
        }
        page.Append("</tbody>\n</table></div>\n");

        void Row(string name, int rows, int verbatim, double share, double run)
        {
            page.Append($"<tr><th scope=\"row\">{name}</th><td class=\"num\" data-name=\"Continued\">{Numbers.Count(rows)}</td>");
            page.Append($"<td class=\"num strong\" data-name=\"Word for word\">{Numbers.Count(verbatim)} ({Numbers.Share(share)})</td><td class=\"num\" data-name=\"In one run\">{Numbers.Share(run)}</td></tr>\n");
        }
    }

    private static string Text(string text) => HtmlText.Escape(SafeText.Clean(text, LongestText));
}
