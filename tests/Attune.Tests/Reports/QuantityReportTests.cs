using System.Text.Json;
using System.Xml.Linq;
using Attune.Engine;
using Attune.Evaluation;
using Attune.Reports;
using Attune.Tests.Formats;

namespace Attune.Tests.Reports;

public class QuantityReportTests
{
    private static readonly double[] Parts = [0.12, 0.25, 0.5, 1];

    private static QuantityReport Made(Func<double, double> loss, double noise, MetricUnit unit = MetricUnit.Loss, int best = 100, int seeds = 3, int whole = 400)
    {
        var key = RandomKey.OfSeed(5);
        long at = 0;
        return new QuantityReport("a <model> on rows.jsonl", 2000, 200, new QuantitySteps(200, whole, 10),
        [
            .. from seed in Enumerable.Range(1, seeds)
               from part in Parts
               let error = Math.Max(0, loss(part) * (1 + noise * key.Normal(at++)))
               select new QuantityPoint(part, seed, (int)(2000 * part), 200, best, [new MetricValue("", "what counts", unit, unit == MetricUnit.Fraction ? 1 - error : error, double.NaN, double.NaN, 200)]),
        ]);
    }

    private static double Falling(double part) => 0.3 + 0.2 * Math.Pow(part, -0.5);

    [Fact]
    public void A_curve_that_falls_says_what_doubling_brings()
    {
        var curve = Made(Falling, 0.01).Curves.Single();
        Assert.Equal(CurveVerdict.Told, curve.Verdict);
        Assert.InRange(Falling(2), curve.Doubled.Interval.Low, curve.Doubled.Interval.High);
        Assert.StartsWith("Doubling the rows: what counts 0.", curve.Sentence, StringComparison.Ordinal);
        Assert.Matches(@"^Doubling the rows: what counts 0\.\d{3} → 0\.\d{3} \[0\.\d{3}, 0\.\d{3}\]\.$", curve.Sentence);
        Assert.InRange(curve.Check!.Value.Measured, curve.Check.Value.Predicted.Interval.Low, curve.Check.Value.Predicted.Interval.High);
    }

    [Fact]
    public void An_accuracy_is_fitted_by_its_error_and_shown_as_itself()
    {
        var curve = Made(Falling, 0.01, MetricUnit.Fraction).Curves.Single();
        Assert.Equal(0.5, curve.Now.Value, 0.02);
        Assert.Matches(@"what counts 50\.\d % → 5\d\.\d % \[5\d\.\d %, 5\d\.\d %\]", curve.Sentence);
    }

    [Theory]
    [InlineData(0.0, 0.002, CurveVerdict.Flat)]
    [InlineData(0.0, 0.2, CurveVerdict.Noisy)]
    [InlineData(0.2, 0.01, CurveVerdict.Rising)]
    public void What_cannot_be_told_is_said(double rise, double noise, CurveVerdict verdict)
    {
        var curve = Made(p => 1 + rise * Math.Log(p / 0.12), noise).Curves.Single();
        Assert.Equal(verdict, curve.Verdict);
        Assert.DoesNotContain("Doubling the rows:", curve.Sentence, StringComparison.Ordinal);
        Assert.NotEmpty(curve.Advice);
    }

    [Fact]
    public void One_seed_on_three_parts_has_no_interval()
    {
        var report = Made(Falling, 0.01, seeds: 1);
        report = report with { Points = [.. report.Points.Skip(1)] };
        Assert.Equal(CurveVerdict.TooFew, QuantityCurve.Of(report.Points).Single().Verdict);
        Assert.Null(QuantityCurve.Of(report.Points).Single().Check);
        Assert.Empty(QuantityCurve.Of([.. report.Points.Take(2)]));
    }

    [Theory]
    [InlineData(100, 400, false)]
    [InlineData(195, 400, true)]
    [InlineData(195, 200, false)]
    public void Runs_that_were_cut_while_they_learned_are_noted(int best, int whole, bool noted) =>
        Assert.Equal(noted, Made(Falling, 0.01, best: best, whole: whole).Notes.Any(static n => n.Contains("--max-steps", StringComparison.Ordinal)));

    [Fact]
    public void The_three_files_say_the_same()
    {
        using var temp = new TempFolder();
        var report = Made(Falling, 0.01);
        report.Write(temp.Path);
        using var json = JsonDocument.Parse(File.ReadAllText(temp.File("enough.json")));
        var curve = json.RootElement.GetProperty("curves")[0];
        Assert.Equal("told", curve.GetProperty("verdict").GetString());
        Assert.True(curve.GetProperty("within").GetBoolean());
        Assert.Equal(12, json.RootElement.GetProperty("runs").GetArrayLength());
        var md = File.ReadAllText(temp.File("enough.md"));
        Assert.Contains(report.Curves[0].Sentence, md, StringComparison.Ordinal);
        Assert.Contains("| 240 | 12 % | 3 |", md, StringComparison.Ordinal);
        var page = File.ReadAllText(temp.File("enough.html"));
        XDocument.Parse(page);
        Assert.Contains("a &lt;model&gt;", page, StringComparison.Ordinal);
        Assert.Equal(12, page.Split("<circle").Length - 1);
    }
}
