using System.Globalization;
using Attune.Reports;

namespace Attune.Cli;

/// <summary>
/// A long step's progress with rate and remaining time: on a terminal one line that is redrawn, elsewhere a plain line now and then.
/// The first line comes at once, so that a log shows that something began; a rate is said when some time has passed.
/// What was done already when it began does not count towards the rate.
/// </summary>
internal sealed class Progress(TextWriter writer, bool person, string title, long total, string unit, TimeProvider? clock = null, long already = 0, int width = 100) : IDisposable
{
    private const int BarWidth = 24;
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Plain = TimeSpan.FromSeconds(10);

    // A rate over less than this says more about the clock than about the work.
    private static readonly TimeSpan Measurable = TimeSpan.FromMilliseconds(200);

    private readonly string title = SafeText.Clean(title);
    private readonly TimeProvider clock = clock ?? TimeProvider.System;
    private readonly long start = (clock ?? TimeProvider.System).GetTimestamp();
    private TimeSpan next;
    private long shown = -1;
    private int drawn;
    private (long Done, string Note) last = (-1, "");

    /// <summary>Says how far it is. Cheap to call often.</summary>
    /// <param name="done">Units done.</param>
    /// <param name="note">What else is worth seeing, such as "loss 0.87".</param>
    public void Report(long done, string note = "")
    {
        last = (done, SafeText.Clean(note));
        var elapsed = clock.GetElapsedTime(start);
        if (elapsed < next && done < total)
            return;
        next = elapsed + (person ? Redraw : Plain);
        Draw(elapsed);
    }

    /// <summary>A line beside the progress, such as an evaluation's result.</summary>
    public void Line(string text)
    {
        Clear();
        writer.WriteLine(SafeText.Clean(text));
        if (person && shown >= 0)
            Draw(clock.GetElapsedTime(start));
    }

    public void Dispose()
    {
        if (last.Done > shown)
            Draw(clock.GetElapsedTime(start));
        if (person && drawn > 0)
            writer.WriteLine();
    }

    private void Draw(TimeSpan elapsed)
    {
        var (done, note) = last;
        shown = done;
        var fraction = total > 0 ? Math.Clamp((double)done / total, 0, 1) : 0;
        var rate = elapsed >= Measurable ? (done - already) / elapsed.TotalSeconds : 0;
        var left = rate > 0 && done < total ? $" · {Time(TimeSpan.FromSeconds(Math.Min(1e8, (total - done) / rate)))} left" : "";
        var facts = string.Create(CultureInfo.InvariantCulture, $"{fraction * 100,3:F0} % · {done:N0}/{total:N0} {unit}{Speed(rate)}{left}") +
            (note.Length == 0 ? "" : " · " + note);
        if (!person)
        {
            writer.WriteLine($"{title} {facts.TrimStart()}");
            return;
        }

        // A line that wraps cannot be redrawn: on a narrow terminal the bar gives way first, then the end of the facts.
        var bar = Math.Clamp(width - 1 - title.Length - facts.Length - 2, 0, BarWidth);
        var full = (int)(fraction * bar);
        var line = bar == 0 ? $"{title} {facts}" : $"{title} {new string('━', full)}{new string('╌', bar - full)} {facts}";
        line = line[..Math.Min(line.Length, width - 1)];
        // Blanks over what the longer line before left behind: no escape sequence is needed, so it works everywhere.
        writer.Write("\r" + line + new string(' ', Math.Max(0, drawn - line.Length)));
        drawn = line.Length;
    }

    private void Clear()
    {
        if (!person || drawn == 0)
            return;
        writer.Write("\r" + new string(' ', drawn) + "\r");
        drawn = 0;
    }

    private string Speed(double rate) => rate <= 0 ? ""
        : rate >= 1 ? string.Create(CultureInfo.InvariantCulture, $" · {rate:N1} {unit}/s")
        : string.Create(CultureInfo.InvariantCulture, $" · {1 / rate:N1} s a {(unit.EndsWith('s') ? unit[..^1] : unit)}");

    /// <summary>A time as people say it: <c>42 s</c>, <c>3 min 05 s</c>, <c>2 h 10 min</c>.</summary>
    internal static string Time(TimeSpan t) => t.TotalSeconds < 59.5 ? string.Create(CultureInfo.InvariantCulture, $"{t.TotalSeconds:F0} s")
        : t.TotalMinutes < 60 ? string.Create(CultureInfo.InvariantCulture, $"{(int)t.TotalMinutes} min {t.Seconds:00} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)t.TotalHours} h {t.Minutes:00} min");
}
