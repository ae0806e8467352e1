using Attune.Evaluation;
using Attune.Reports;

namespace Attune.Tests.Reports;

public class FindingsTests
{
    private static MetricChange Task(double before, double after, double low, double high, int n = 100) =>
        new("right answers", MetricRole.Task, MetricUnit.Fraction, before, after, low, high, n);

    private static RunRecord Run(params MetricChange[] metrics) => new() { Title = "t", Metrics = metrics };

    private static Finding Only(RunRecord run, string start) =>
        Assert.Single(Findings.Of(run), f => f.Title.StartsWith(start, StringComparison.Ordinal));

    private static void None(RunRecord run, string start) =>
        Assert.DoesNotContain(Findings.Of(run), f => f.Title.StartsWith(start, StringComparison.Ordinal));

    [Fact]
    public void A_gain_is_real_only_where_the_interval_leaves_zero_out()
    {
        Assert.Equal(FindingTone.Good, Only(Run(Task(0.2, 0.5, 0.1, 0.5)), "Better").Tone);
        Assert.Equal("Real gain", Verdict.Of(Run(Task(0.2, 0.5, 0.1, 0.5))).Label);
        Assert.Contains("eval.rows", Only(Run(Task(0.2, 0.5, -0.01, 0.6)), "No clear change").Advice);
        Assert.Equal("Within noise", Verdict.Of(Run(Task(0.2, 0.5, -0.01, 0.6))).Label);
        Assert.Equal(FindingTone.Warning, Only(Run(Task(0.5, 0.2, -0.5, -0.1)), "Worse").Tone);
        Assert.Equal("Worse", Verdict.Of(Run(Task(0.5, 0.2, -0.5, -0.1))).Label);
    }

    [Fact]
    public void A_falling_loss_is_a_gain() =>
        Only(Run(new MetricChange("loss", MetricRole.Task, MetricUnit.Loss, 3, 1, -2.2, -1.8, 50)), "Better: loss");

    [Fact]
    public void Without_a_measurement_nothing_is_claimed()
    {
        Assert.Equal(FindingTone.Warning, Only(Run(), "The gain was not measured").Tone);
        Assert.Equal("Not measured", Verdict.Of(Run()).Label);
        Assert.Equal("Broken", Verdict.Of(Run(Task(0.5, double.NaN, double.NaN, double.NaN))).Label);
    }

    [Theory]
    [InlineData(2.0, 2.12, 0.1, 0.14, true)]
    [InlineData(2.0, 2.08, 0.07, 0.09, false)]
    [InlineData(2.0, 2.50, -0.1, 1.1, false)]
    [InlineData(2.0, 1.50, -0.6, -0.4, false)]
    public void Forgetting_is_a_real_rise_of_more_than_five_percent(double before, double after, double low, double high, bool forgotten)
    {
        var run = Run(new MetricChange("general", MetricRole.Retention, MetricUnit.Loss, before, after, low, high, 50));
        if (forgotten)
            Assert.Equal(FindingTone.Warning, Only(run, "Something was forgotten").Tone);
        else
            Only(run, "Nothing that matters was forgotten");
    }

    [Theory]
    [InlineData(0.40, 0.30, -0.15, -0.05, "It makes up more than before", FindingTone.Warning)]
    [InlineData(0.30, 0.40, 0.05, 0.15, "It makes up less than before", FindingTone.Good)]
    [InlineData(0.40, 0.38, -0.06, 0.02, "No sign that it makes up more", FindingTone.Note)]
    public void Hallucination_is_judged_by_what_really_changed(double before, double after, double low, double high, string title, FindingTone tone)
    {
        var run = Run(new MetricChange("true answers", MetricRole.Truth, MetricUnit.Fraction, before, after, low, high, 100));
        Assert.Equal(tone, Only(run, title).Tone);
        Assert.Contains("true answers", Only(run, title).Evidence);
    }

    [Fact]
    public void Overfitting_is_a_validation_loss_that_rose_while_training_loss_fell()
    {
        var curves = new RunCurves
        {
            TrainLoss = DemoRun.Curve(1, 100, 1, i => 2 - (i * 0.01)),
            ValidLoss = DemoRun.Curve(0, 100, 10, i => 1 + (Math.Abs(i - 40) * 0.01)),
        };
        var run = Run() with { Curves = curves };
        Assert.Contains("after step 40", Only(run, "It began to learn the rows by heart").Title);
        Assert.Equal(FindingTone.Warning, Only(run, "It began").Tone);
        Assert.Equal(FindingTone.Note, Only(run with { Curves = curves with { KeptStep = 40 } }, "It began").Tone);
        None(run with { Curves = curves with { ValidLoss = DemoRun.Curve(0, 100, 10, i => 2 - (i * 0.01)) } }, "It began");
        None(run with { Curves = curves with { TrainLoss = DemoRun.Curve(1, 100, 1, i => 1 + (i * 0.01)) } }, "It began");
    }

    [Fact]
    public void A_loss_that_still_falls_at_the_end_asks_for_more()
    {
        Only(Run() with { Curves = new() { ValidLoss = DemoRun.Curve(0, 100, 10, i => 3 - (i * 0.02)) } }, "It was still learning");
        None(Run() with { Curves = new() { ValidLoss = DemoRun.Curve(0, 100, 10, i => 1 + Math.Exp(-i)) } }, "It was still learning");
        None(Run() with { Curves = new() { ValidLoss = DemoRun.Curve(0, 100, 10, i => 3 - (0.02 * (i == 100 ? 50 : i))) } }, "It was still learning");
    }

    [Theory]
    [InlineData(12, 1, false, true)]
    [InlineData(3, 1, false, false)]
    [InlineData(3, 1, true, true)]
    [InlineData(30, 30, false, false)]
    public void Rows_are_known_by_heart_where_unseen_ones_are_not(int trained, int unseen, bool planted, bool warned)
    {
        var memory = new Memorisation(32, trained, 32, unseen) { Found = planted ? [new("a.jsonl", 7, 3, 9, "x", "y")] : [] };
        if (warned)
            Assert.Equal(FindingTone.Warning, Only(Run() with { Memorisation = memory }, "Some training rows are known by heart").Tone);
        else
            Only(Run() with { Memorisation = memory }, "Nothing suggests that training rows");
        Assert.Equal(planted, Findings.Of(Run() with { Memorisation = memory }).Any(static f => f.Evidence.Contains("a.jsonl, row 7 (there 3 times)", StringComparison.Ordinal)));
        None(Run() with { Memorisation = new(0, 0, 0, 0) }, "Nothing suggests");
    }

    [Fact]
    public void Answers_that_do_not_end_are_counted()
    {
        Assert.Contains("6 of 100", Only(Run() with { Answers = new(100, 94) }, "Some answers do not end").Evidence);
        None(Run() with { Answers = new(100, 95) }, "Some answers");
    }

    [Fact]
    public void Rows_that_were_too_long_are_counted()
    {
        var run = Run() with { Data = new() { Rows = 1000, Dropped = 7, Truncated = 4, MaxLength = 128 } };
        Assert.Contains("7 were dropped and 4 lost", Only(run, "Some rows were too long").Evidence);
        None(run with { Data = run.Data with { Truncated = 3 } }, "Some rows");
    }

    [Fact]
    public void A_training_loss_that_did_not_fall_is_said()
    {
        Only(Run() with { Curves = new() { TrainLoss = DemoRun.Curve(1, 40, 1, i => 2 + (i * 0.01)) } }, "The training loss did not fall");
        Only(Run() with { Curves = new() { TrainLoss = DemoRun.Curve(1, 40, 1, i => i < 30 ? 2 : double.NaN) } }, "The training loss did not fall");
        None(Run() with { Curves = new() { TrainLoss = DemoRun.Curve(1, 40, 1, i => 2 - (i * 0.01)) } }, "The training loss");
    }
}
