using System.Xml.Linq;
using Attune.Reports;
using Attune.Tests.Quality;

namespace Attune.Tests.Reports;

public class QualityPageTests : QualityFiles
{
    [Fact]
    public void The_page_is_well_formed_whatever_the_rows_hold_and_shows_findings_and_plots()
    {
        var rows = Rows([.. Enumerable.Range(0, 60).Select(static i => ($"<script>alert({i})</script> & who?", i % 3 == 0 ? "<b>yes</b>" : "no")), ("mail", "anna@nordbank.se"), ("x", "")]);
        var html = QualityPage.Write(Report(Write("a&b.jsonl", rows), Write("valid.jsonl", Rows(("q", "a")))));
        var page = XDocument.Parse(html["<!DOCTYPE html>\n".Length..]);
        Assert.DoesNotContain(page.Descendants(), static e => e.Name.LocalName is "script" or "b");
        Assert.Contains("holds 1 mail address", html, StringComparison.Ordinal);
        Assert.Contains("--remedy personal-mask", html, StringComparison.Ordinal);
        Assert.Equal(2, page.Descendants().Count(static e => e.Name.LocalName == "svg"));
        Assert.Contains(page.Descendants(), static e => (string?)e.Attribute("class") == "bars");
        Assert.Contains("valid.jsonl (measured on)", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Sound_rows_give_a_page_that_says_so()
    {
        var html = QualityPage.Write(Report(Write("a.jsonl", Rows([.. Enumerable.Range(0, 40).Select(static i => ($"question {i}", $"answer number {i}"))]))));
        Assert.Contains("Nothing was found in 40 rows that must be mended.", html, StringComparison.Ordinal);
        Assert.DoesNotContain("Rows that are concerned", html, StringComparison.Ordinal);
    }
}
