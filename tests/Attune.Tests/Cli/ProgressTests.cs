using Attune.Cli;

namespace Attune.Tests.Cli;

public class ProgressTests
{
    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Now;
    }

    [Fact]
    public void Without_a_terminal_there_is_a_line_now_and_then_and_one_at_the_end()
    {
        using var text = new StringWriter { NewLine = "\n" };
        var clock = new Clock();
        using (var p = new Progress(text, person: false, "training", 100, "steps", clock))
        {
            for (var i = 1; i <= 100; i++)
            {
                clock.Now += 500;
                p.Report(i, "loss 1.5");
            }
        }

        var lines = text.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(6, lines.Length);
        Assert.Equal("training 1 % · 1/100 steps · 2.0 steps/s · 50 s left · loss 1.5", lines[0]);
        Assert.Equal("training 100 % · 100/100 steps · 2.0 steps/s · loss 1.5", lines[^1]);
        Assert.DoesNotContain('\r', text.ToString());
    }

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(140)]
    public void No_line_on_a_terminal_is_wider_than_it(int width)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var clock = new Clock();
        using (var p = new Progress(text, person: true, "measuring before", 2400, "answers", clock, width: width))
        {
            for (var i = 1; i <= 2400; i += 100)
            {
                clock.Now += 30_000;
                p.Report(i, "loss 1.234 · 12,345 tokens/s and more");
            }
        }
        var drawn = text.ToString().TrimEnd('\n').Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(drawn.Length > 20);
        Assert.All(drawn, line => Assert.InRange(line.Length, 30, width - 1));
    }

    [Fact]
    public void On_a_terminal_one_line_is_redrawn_and_other_lines_stand_above_it()
    {
        using var text = new StringWriter { NewLine = "\n" };
        var clock = new Clock();
        using (var p = new Progress(text, person: true, "training", 4, "steps", clock))
        {
            clock.Now = 10_000;
            p.Report(1);
            p.Line("valid loss 0.9");
            clock.Now = 20_000;
            p.Report(2);
        }

        var shown = text.ToString();
        Assert.StartsWith("\rtraining ━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌  25 % · 1/4 steps · 10.0 s a step · 30 s left", shown);
        Assert.Contains("valid loss 0.9\n", shown);
        Assert.EndsWith("\n", shown);
    }

    [Fact]
    public void A_step_that_never_began_shows_nothing()
    {
        using var text = new StringWriter { NewLine = "\n" };
        new Progress(text, person: false, "loading", 0, "files", new Clock()).Dispose();
        Assert.Empty(text.ToString());
    }

    [Theory]
    [InlineData(0.4, "0 s")]
    [InlineData(59.4, "59 s")]
    [InlineData(125, "2 min 05 s")]
    [InlineData(7800, "2 h 10 min")]
    public void Times_are_said_in_two_units_at_the_most(double seconds, string text) =>
        Assert.Equal(text, Progress.Time(TimeSpan.FromSeconds(seconds)));
}
