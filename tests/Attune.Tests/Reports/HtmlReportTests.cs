using System.Xml;
using System.Xml.Linq;
using Attune.Evaluation;
using Attune.Reports;

namespace Attune.Tests.Reports;

public class HtmlReportTests
{
    private static readonly string Page = HtmlReport.Write(DemoRun.Create());
    private static readonly XElement Root = Parse(Page);

    private static XElement Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XElement.Load(reader);
    }

    private static IEnumerable<XElement> All(string name) => Root.Descendants(name);

    [Fact]
    public void The_page_is_well_formed_and_holds_nothing_that_loads_or_runs()
    {
        Assert.Equal("html", Root.Name.LocalName);
        Assert.Empty(All("script"));
        Assert.Empty(All("link"));
        Assert.Empty(All("img"));
        Assert.DoesNotContain(Root.DescendantsAndSelf().Attributes(), a => a.Name.LocalName is "src" or "href" || a.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.DoesNotContain("url(", Page);
        Assert.Contains("prefers-color-scheme: dark", Page);
        Assert.Contains("@media print", Page);
    }

    [Fact]
    public void The_answer_comes_first_then_numbers_findings_and_what_to_do()
    {
        Assert.Equal(
            ["What changed", "What was found", "What to do next", "How it learned", "What is known by heart", "Answers, before and after", "Which labels are taken for which", "Do the saved files say the same?", "Where the memory went", "The run"],
            All("h2").Select(h => h.Value));
        var verdict = All("p").First(p => p.Attribute("class")?.Value == "verdict");
        Assert.Equal("The model became better at its task: right answers on test rows went from 2.5\u00a0% to 86.7\u00a0%. Real gain", verdict.Value);
        Assert.Equal("header", verdict.Parent!.Name.LocalName);
        Assert.Contains("attune chat --model models/base-5m --adapter runs/quickstart/adapter", All("pre").First().Value);
    }

    [Fact]
    public void Hostile_text_stays_text()
    {
        var texts = Root.Descendants().Where(e => e.Attribute("class")?.Value.StartsWith("text", StringComparison.Ordinal) == true && e.Value.Contains("alert", StringComparison.Ordinal)).ToArray();
        Assert.Equal(4, texts.Length);
        Assert.All(texts, t =>
        {
            Assert.False(t.HasElements);
            Assert.StartsWith("<script>alert('x')</script> \"quotes\" & <b>bold</b>", t.Value);
            Assert.DoesNotContain('\u202e', t.Value);
            Assert.Equal(3, t.Value.Count(c => c == '\ufffd'));
        });
    }

    [Fact]
    public void Every_text_of_the_record_is_escaped()
    {
        const string evil = "<i>&\"'\u0001";
        var m = new MetricChange(evil, MetricRole.Task, MetricUnit.Number, 1, 2, 0.5, 1.5, 3);
        var page = HtmlReport.Write(new RunRecord
        {
            Title = evil,
            Facts = [new(evil, evil)],
            Environment = [new(evil, evil)],
            Metrics = [m, m with { Role = MetricRole.Retention }],
            Memory = [new(evil, 1)],
            Settings = [new(evil, evil, evil)],
            Warnings = [evil],
            Next = [new(evil, evil)],
            Samples = [new(evil, evil, evil, evil, true, false)],
        });
        Parse(page);
        Assert.DoesNotContain("<i>", page);
        Assert.DoesNotContain('\u0001', page);
    }

    [Fact]
    public void Charts_have_titles_descriptions_ticks_and_a_legend()
    {
        var charts = All("svg").Where(s => s.Attribute("class")!.Value == "chart").ToArray();
        Assert.Equal(["Loss", "Learning rate", "Gradient norm"], charts.Select(c => c.Element("title")!.Value));
        Assert.All(charts, c =>
        {
            Assert.Equal("img", c.Attribute("role")!.Value);
            Assert.Equal(c.Attribute("aria-labelledby")!.Value, $"{c.Element("title")!.Attribute("id")!.Value} {c.Element("desc")!.Attribute("id")!.Value}");
            Assert.InRange(c.Elements("text").Count(t => t.Attribute("class")!.Value == "tick"), 6, 16);
            Assert.Contains("optimizer step", c.Elements("text").Select(t => t.Value));
        });
        Assert.Equal(["validation", "training"], charts[0].Elements("text").Where(t => t.Attribute("class")!.Value == "legend").Select(t => t.Value));
        Assert.Equal(charts.Length * 2, charts.SelectMany(c => new[] { c.Element("title"), c.Element("desc") }).Select(e => e!.Attribute("id")!.Value).Distinct().Count());
    }

    [Fact]
    public void An_empty_run_still_makes_an_honest_page()
    {
        var page = HtmlReport.Write(new RunRecord { Title = "empty" });
        Parse(page);
        Assert.Contains("Not measured", page);
        Assert.DoesNotContain("<svg", page);
    }

    [Fact]
    public void Curves_that_are_not_finite_are_left_out_of_the_drawing()
    {
        var run = DemoRun.Create() with
        {
            Curves = new() { TrainLoss = [new(1, 2), new(2, double.NaN), new(3, double.PositiveInfinity), new(4, 1)], GradientNorm = [new(1, double.NaN), new(2, double.NaN)] },
        };
        var page = HtmlReport.Write(run);
        Parse(page);
        Assert.DoesNotContain("NaN", page);
        Assert.DoesNotContain("Infinity", page);
        Assert.DoesNotContain("Gradient norm", page);
    }

    [Fact]
    public void A_long_run_stays_a_small_file()
    {
        var run = DemoRun.Create() with { Curves = new() { TrainLoss = DemoRun.Curve(1, 100_000, 1, i => 1.0 / i) } };
        Assert.InRange(HtmlReport.Write(run).Length, 1, 60_000);
    }

    [Fact]
    public void Long_answers_are_cut_and_say_so()
    {
        var run = DemoRun.Create() with { Samples = [new("p", "e", "b", new string('x', 10_000), null, null)] };
        Assert.Contains("… (6,000 more characters)", HtmlReport.Write(run));
    }
}
