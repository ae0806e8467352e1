using System.Text.Json;
using Attune.Problems;
using Attune.Reports;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>A range test of a tiny model from end to end.</summary>
public class RangeTestRunTests
{
    [Fact]
    public void The_curve_falls_and_its_rate_is_suggested_the_same_on_any_number_of_threads()
    {
        using var tiny = new TinyModel();
        var one = Run(tiny, "one", 1);
        var two = Run(tiny, "two", 2);
        Assert.Equal(60, one.Curve.Points.Count);
        Assert.Equal(1e-5, one.Curve.Points[0].Rate, 1e-12);
        Assert.Equal(1, one.Curve.Points[^1].Rate, 1e-9);
        Assert.InRange(one.Curve.Suggestion!.Value, 1e-4, 0.5);
        Assert.True(one.Curve.Smoothed[one.Curve.LowestAt!.Value] < one.Curve.Smoothed[0] - 0.5);
        Assert.Equal(one.Curve.Points, two.Curve.Points);
        Assert.Equal(0.02, one.Given);
        Assert.Equal(["range-test.html", "range-test.json", "range-test.md"], Directory.EnumerateFiles(tiny.FileOf("one")).Select(Path.GetFileName).Order());
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(tiny.FileOf("one"), "range-test.json")));
        Assert.Equal(60, json.RootElement.GetProperty("points").GetArrayLength());
        Assert.Equal(one.Curve.Suggestion.Value, json.RootElement.GetProperty("suggestion").GetDouble());
        Assert.Contains("<svg", File.ReadAllText(one.Page), StringComparison.Ordinal);
        Assert.Contains("suggested", File.ReadAllText(one.Page), StringComparison.Ordinal);
    }

    [Fact]
    public void It_ends_where_the_loss_diverges()
    {
        using var tiny = new TinyModel();
        var report = Run(tiny, "far", 1, 1e-3, 1e4);
        Assert.InRange(report.Curve.Points.Count, 10, 59);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1e-3, 5e-3)]
    [InlineData(1e-3, double.PositiveInfinity)]
    public void A_range_that_is_none_is_refused(double from, double to)
    {
        using var tiny = new TinyModel();
        Assert.Contains("--range", Assert.Throws<UserErrorException>(() => Run(tiny, "none", 1, from, to)).Message, StringComparison.Ordinal);
    }

    private static RangeTestReport Run(TinyModel tiny, string name, int threads, double from = 1e-5, double to = 1)
    {
        var recipe = tiny.Recipe(name, "eval.metrics=exact");
        return RangeTestRun.Execute(
            recipe, new RangeTestOptions { From = from, To = to, Steps = 60 }, tiny.FileOf(name), TinyModel.Backend(recipe, threads), static _ => { }, TestContext.Current.CancellationToken);
    }
}
