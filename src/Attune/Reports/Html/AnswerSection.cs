using System.Text;

namespace Attune.Reports.Html;

/// <summary>Answers side by side: the first few in full view, the others behind a line that opens.</summary>
internal static class AnswerSection
{
    private const int InView = 6, LongestText = 4000;

    public static void Write(StringBuilder page, RunRecord run)
    {
        if (run.Samples.Count == 0)
            return;
        var alone = run.Samples.All(static s => s.Before is null);
        page.Append($"<h2>{(alone ? "Answers" : $"Answers, {HtmlText.Escape(run.Sides.Before)} and {HtmlText.Escape(run.Sides.After)}")}</h2>\n");
        foreach (var sample in run.Samples.Take(InView))
            Sample(page, sample, run.Sides);
        if (run.Samples.Count <= InView)
            return;
        page.Append($"<details><summary>{Numbers.Count(run.Samples.Count - InView)} more answers</summary>\n");
        foreach (var sample in run.Samples.Skip(InView))
            Sample(page, sample, run.Sides);
        page.Append("</details>\n");
    }

    private static void Sample(StringBuilder page, AnswerSample s, (string Before, string After) sides)
    {
        page.Append($"<article class=\"card sample\"><p class=\"text prompt\">{HtmlText.Escape(s.Prompt, LongestText)}</p>\n<div class=\"answers\">");
        Answer(page, "Expected", s.Expected, null);
        if (s.Before is not null)
            Answer(page, sides.Before, s.Before, s.BeforeIsRight);
        Answer(page, s.Before is null ? "Answer" : sides.After, s.After, s.AfterIsRight);
        page.Append("</div></article>\n");
    }

    private static void Answer(StringBuilder page, string name, string answer, bool? right)
    {
        var badge = right is null ? "" : $"<span class=\"badge {(right.Value ? "Good" : "Warning")}\">{(right.Value ? "✓ right" : "✗ wrong")}</span>";
        page.Append($"<div><h3><span>{HtmlText.Escape(Verdict.Capital(name), 60)}</span>{badge}</h3>");
        page.Append(string.IsNullOrWhiteSpace(answer) ? "<p class=\"text none\">(nothing)</p></div>" : $"<p class=\"text\">{HtmlText.Escape(answer, LongestText)}</p></div>");
    }
}
