using Attune.Evaluation;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Tests.Formats;

namespace Attune.Tests.Reports;

/// <summary>Conditions are held against what was measured, and what was not measured is not met.</summary>
public sealed class GateTests : IDisposable
{
    private readonly TempFolder temp = new();

    private static readonly MetricChange Label = new("label accuracy", MetricRole.Task, MetricUnit.Fraction, 0.5, 0.58, 0.03, 0.13, 200) { Key = "label" };
    private static readonly MetricChange Loss = new("loss on test rows", MetricRole.Task, MetricUnit.Loss, 2, 1.7, -0.4, -0.2, 200) { Key = "loss" };
    private static readonly MetricChange General = new("loss on general text", MetricRole.Retention, MetricUnit.Loss, 4, 4.1, 0.05, 0.15, 60);

    public void Dispose() => temp.Dispose();

    [Theory]
    [InlineData("0", null, GuardBasis.Interval, true)]
    [InlineData("0.03", null, GuardBasis.Interval, true)]
    [InlineData("0.04", null, GuardBasis.Interval, false)]
    [InlineData("0.04", null, GuardBasis.Point, true)]
    [InlineData("0.09", null, GuardBasis.Point, false)]
    [InlineData("10%", null, GuardBasis.Point, true)]
    [InlineData("10%", null, GuardBasis.Interval, false)]
    [InlineData("0.2", "loss", GuardBasis.Interval, true)]
    [InlineData("0.21", "loss", GuardBasis.Interval, false)]
    [InlineData("0.3", "loss", GuardBasis.Point, true)]
    [InlineData("0", "exact", GuardBasis.Point, false)]
    public void A_gain_is_at_least_what_is_demanded_by_the_lower_end_or_the_point(string gain, string? metric, GuardBasis by, bool met) =>
        Assert.Equal(met, Only(new GuardRecipe { Gain = Amount(gain), Metric = metric, By = by }, "guard.gain").IsMet);

    [Fact]
    public void No_change_is_no_gain()
    {
        var still = Label with { After = 0.5, Low = 0, High = 0 };
        Assert.False(Gate.Of(new RunRecord { Title = "t", Metrics = [still] }, new GuardRecipe { Gain = Amount("0") }).IsMet);
    }

    [Theory]
    [InlineData("0.15", GuardBasis.Interval, true)]
    [InlineData("0.14", GuardBasis.Interval, false)]
    [InlineData("0.14", GuardBasis.Point, true)]
    [InlineData("4%", GuardBasis.Interval, true)]
    [InlineData("2%", GuardBasis.Point, false)]
    public void Forgetting_is_at_most_what_is_allowed_by_the_upper_end_or_the_point(string most, GuardBasis by, bool met) =>
        Assert.Equal(met, Only(new GuardRecipe { Forgetting = Amount(most), By = by }, "guard.forgetting").IsMet);

    [Fact]
    public void What_was_not_measured_or_is_no_number_is_not_met()
    {
        var guard = new GuardRecipe { Gain = Amount("0"), Forgetting = Amount("1000"), Memorisation = 1, Truth = Amount("1000") };
        Assert.All(Gate.Of(new RunRecord { Title = "t" }, guard).Conditions, static c => Assert.False(c.IsMet));
        var broken = new RunRecord { Title = "t", Metrics = [Label with { After = double.NaN, Low = double.NaN, High = double.NaN }, General with { After = double.NaN, High = double.NaN }] };
        Assert.All(Gate.Of(broken, guard).Conditions, static c => Assert.False(c.IsMet));
        Assert.All(Gate.Of(broken, guard with { By = GuardBasis.Point }).Conditions, static c => Assert.False(c.IsMet));
    }

    [Theory]
    [InlineData("0", GuardBasis.Point, false)]
    [InlineData("0.02", GuardBasis.Point, true)]
    [InlineData("0.02", GuardBasis.Interval, false)]
    [InlineData("0.05", GuardBasis.Interval, true)]
    public void No_metric_of_truth_becomes_worse_by_more_than_is_allowed(string most, GuardBasis by, bool met)
    {
        var run = new RunRecord { Title = "t", Metrics = [Label with { Role = MetricRole.Truth }, new("truthful answers", MetricRole.Truth, MetricUnit.Fraction, 0.5, 0.48, -0.05, 0.01, 300)] };
        Assert.Equal(met, Only(new GuardRecipe { Truth = Amount(most), By = by }, "guard.truth", run).IsMet);
    }

    [Theory]
    [InlineData(0.13, GuardBasis.Point, true)]
    [InlineData(0.12, GuardBasis.Point, false)]
    [InlineData(0.13, GuardBasis.Interval, false)]
    [InlineData(0.5, GuardBasis.Interval, true)]
    public void What_is_known_by_heart_exceeds_what_is_only_right_by_at_most_what_is_allowed(double most, GuardBasis by, bool met) =>
        Assert.Equal(met, Only(new GuardRecipe { Memorisation = most, By = by }, "guard.memorisation", DemoRun.Create()).IsMet);

    [Fact]
    public void Forms_must_say_the_same_unless_the_guard_leaves_that_out()
    {
        var run = DemoRun.Create();
        Assert.Contains("gguf:q4_0", Only(new GuardRecipe(), "guard.parity", run).Found, StringComparison.Ordinal);
        Assert.Empty(Gate.Of(run, new GuardRecipe { Parity = false }).Conditions);
        Assert.Empty(Gate.Of(run with { Parity = [] }, new GuardRecipe()).Conditions);
        Assert.True(Gate.Of(run with { Parity = [.. run.Parity.Take(2)] }, new GuardRecipe()).IsMet);
    }

    /// <summary>A verdict from the file is the verdict that the run gave.</summary>
    [Fact]
    public void A_report_that_is_read_back_gives_the_same_verdict()
    {
        var guard = new GuardRecipe { Gain = Amount("5%"), Forgetting = Amount("0.03"), Memorisation = 0.1 };
        var run = DemoRun.Create();
        var path = temp.File("report.json");
        File.WriteAllText(path, JsonReport.Write(run));
        Assert.Equal(Gate.Of(run, guard).Conditions, Gate.Of(ReportReader.Read(path), guard).Conditions);

        File.WriteAllText(path, JsonReport.Write(run).Replace("\"unit\"", "\"units\"", StringComparison.Ordinal));
        Assert.Contains("older version", Assert.Throws<UserErrorException>(() => ReportReader.Read(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, JsonReport.Write(run).Replace("\"retention\"", "\"7\"", StringComparison.Ordinal));
        Assert.Contains("expected task, retention", Assert.Throws<UserErrorException>(() => ReportReader.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reports_show_every_condition()
    {
        var run = DemoRun.Create();
        run = run with { Gate = Gate.Of(run, new GuardRecipe { Gain = Amount("0.9"), Forgetting = Amount("10%") }) };
        foreach (var page in (string[])[HtmlReport.Write(run), MarkdownReport.Write(run), JsonReport.Write(run)])
        {
            Assert.Contains("90.0 points", page, StringComparison.Ordinal);
            Assert.Contains("guard.gain, guard.parity not met, of 3 conditions", page, StringComparison.Ordinal);
        }
    }

    private static GateCondition Only(GuardRecipe guard, string key, RunRecord? run = null) =>
        Assert.Single(Gate.Of(run ?? new RunRecord { Title = "t", Metrics = [Label, Loss, General] }, guard).Conditions, c => c.Key == key);

    private static Allowance Amount(string text) => text.EndsWith('%')
        ? new(double.Parse(text[..^1], System.Globalization.CultureInfo.InvariantCulture) / 100, true)
        : new(double.Parse(text, System.Globalization.CultureInfo.InvariantCulture), false);
}
