using System.Globalization;
using Attune.Bench;
using Attune.Engine.Backends;
using Attune.Reports;
using Spectre.Console;

namespace Attune.Cli;

/// <summary>A report of <c>attune bench</c> as tables on a terminal.</summary>
internal static class BenchView
{
    private const int ProfileLines = 14;
    private const int TileLines = 24;

    public static void Show(IAnsiConsole console, BenchReport report)
    {
        if (report.Ceilings is { } c)
        {
            console.MarkupLine(Line($"[bold]{Markup.Escape(report.Model)}[/], {report.Options.Threads} threads, vectors of {report.LaneBits} bits"));
            console.Write(OfCeilings(report, c));
            foreach (var group in report.Kernels.GroupBy(static k => k.Case.Group))
                console.Write(OfKernels(group.Key, [.. group], c));
            if (report.Steps.Count > 0)
                console.Write(OfSteps(report.Steps, c));
            foreach (var step in report.Steps.Where(static s => s.Profile is not null))
                console.Write(OfProfile(step, c));
            if (report.Generation.Count > 0)
                console.Write(OfGeneration(report.Generation, c));
            if (report.Tiles.Count > 0)
                ShowTiles(console, report);
        }
        foreach (var notice in BenchNotices.Of(report).Concat(report.Stopped ? ["Stopped: this is what was measured until then."] : []))
            console.MarkupLineInterpolated($"[yellow]![/] {notice}");
    }

    private static Table OfCeilings(BenchReport report, Ceilings c)
    {
        var table = New("what nothing can exceed", "rate", "median", "min to max");
        Row("F32 multiply-adds, one thread", c.PeakOne, "GFLOP/s");
        Row($"F32 multiply-adds, {report.Options.Threads} threads", c.Peak, "GFLOP/s");
        if (c.PeakBF16 is { } pairs)
            Row($"BF16 multiply-adds, {report.Options.Threads} threads", pairs, "GFLOP/s");
        if (report.PeakAfter is { } after)
            Row("F32 at the end", after, "GFLOP/s");
        Row("reading memory", c.Read, "GB/s");
        Row("copying memory (read and written)", c.Copy, "GB/s");
        Row("copying past the caches", c.CopyPastCache, "GB/s");
        return table;

        void Row(string name, Ceiling ceiling, string unit) => table.AddRow(
            name, Line($"{ceiling.Rate / 1e9:F1} {unit}"), Line($"{ceiling.Work / ceiling.Time.Median / 1e9:F1}"),
            Line($"{ceiling.Work / ceiling.Time.Most / 1e9:F1} to {ceiling.Work / ceiling.Time.Least / 1e9:F1}"));
    }

    private static Table OfKernels(string group, IReadOnlyList<KernelRow> rows, Ceilings c)
    {
        var table = New(group, "shape", "in", "time", "rate", "ceiling", "threads", "spread");
        foreach (var row in rows)
        {
            table.AddRow(
                Markup.Escape(row.Case.Name), Markup.Escape(row.Key.Shape), row.Case.HasTypes ? $"{row.Products}" : "", Time(row.Time.Median),
                Rate(row.Key.Kernel, row.Work, row.Products, row.Time.Median, c), Percent(row.OfCeiling(c)),
                Times(row.SpeedUp), Percent(row.Time.Spread));
        }
        return table;
    }

    private static Table OfSteps(IReadOnlyList<StepResult> steps, Ceilings c)
    {
        var table = New("training steps", "rows", "step", "tokens/s", "GFLOP/s", "of peak", "threads", "memory", "planned");
        foreach (var step in steps)
        {
            table.AddRow(
                (step.Case.Lora ? "LoRA" : "all weights") + $" in {step.Products}", Markup.Escape(step.Case.Text), Time(step.Time.Median), Line($"{step.TokensPerSecond:N0}"),
                Line($"{step.OperationsPerSecond / 1e9:F0}"), Percent(step.OperationsPerSecond / c.PeakOf(step.Products)), Times(step.SpeedUp),
                Numbers.Bytes(step.PeakResident), Numbers.Bytes(step.Plan.Total));
        }
        return table;
    }

    private static Table OfProfile(StepResult step, Ceilings c)
    {
        var table = New($"where a step goes ({step.Case.Mode}, {step.Products})", "shape", "calls", "time", "share", "rate", "ceiling");
        var rows = ProfileRow.Of(step.Profile);
        foreach (var row in rows.Take(ProfileLines))
        {
            table.AddRow(
                row.Key.Kernel, Markup.Escape(row.Key.Shape), Line($"{row.Total.Calls}"), Time(row.Total.Seconds), Percent(row.Share), Rate(row.Key.Kernel, row.Total.Work, step.Products, row.Total.Seconds, c),
                Percent(c.Bound(row.Key.Kernel, row.Total.Work, step.Products) / row.Total.Seconds));
        }
        if (rows.Count > ProfileLines)
        {
            var rest = rows.Skip(ProfileLines).ToArray();
            table.AddRow(Line($"{rest.Length} more"), "", Line($"{rest.Sum(static r => r.Total.Calls)}"), Time(rest.Sum(static r => r.Total.Seconds)), Percent(rest.Sum(static r => r.Share)), "", "");
        }
        return table;
    }

    private static Table OfGeneration(IReadOnlyList<GenerationResult> rows, Ceilings c)
    {
        var table = New("generation, one text", "weights", "prompt, tokens/s", "new tokens/s", "of reading", "spread");
        foreach (var row in rows)
        {
            table.AddRow(
                Markup.Escape(row.Format), Numbers.Bytes(row.WeightBytes), Line($"{row.PrefillPerSecond:N0}"), Line($"{row.DecodePerSecond:F1}"),
                Percent(row.WeightBytes / c.Read.Rate / row.Decode.Median), Percent(row.Decode.Spread));
        }
        return table;
    }

    private static void ShowTiles(IAnsiConsole console, BenchReport report)
    {
        var threads = report.Options.Tiles!.Value;
        var table = New($"tiles for {threads} threads", "shape", "calls", "tiles", "share of a step");
        foreach (var row in report.Tiles.Take(TileLines))
        {
            var few = row.Tiles < threads;
            table.AddRow(row.Key.Kernel, Markup.Escape(row.Key.Shape), Line($"{row.Calls}"), (few ? "[yellow]" : "") + Line($"{row.Tiles}") + (few ? " (too few)[/]" : ""), Percent(row.Share));
        }
        console.Write(table);
        var starving = report.Tiles.Where(t => t.Tiles < threads).ToArray();
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{report.Tiles.Count - starving.Length} of {report.Tiles.Count} kernels feed {threads} threads; the others are {Percent(starving.Sum(static t => t.Share))} of a step's work.");
    }

    private static Table New(string first, params ReadOnlySpan<string> others)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn($"[bold]{Markup.Escape(first)}[/]"));
        foreach (var name in others)
            table.AddColumn(name is "shape" or "rows" or "in" ? new TableColumn(name) : new TableColumn(name).RightAligned());
        return table;
    }

    private static string Rate(string kernel, KernelWork work, ProductType products, double seconds, Ceilings c) => c.IsArithmetic(kernel, work, products)
        ? Line($"{work.Operations / seconds / 1e9:F0} GFLOP/s")
        : Line($"{work.Bytes / seconds / 1e9:F1} GB/s");

    private static string Time(double seconds) => seconds switch
    {
        >= 1 => Line($"{seconds:F2} s"),
        >= 1e-3 => Line($"{seconds * 1e3:F2} ms"),
        _ => Line($"{seconds * 1e6:F1} µs"),
    };

    private static string Times(double? factor) => factor is { } f ? Line($"{f:F2} ×") : "";

    private static string Percent(double fraction) => Line($"{100 * fraction:F0} %");

    private static string Line(FormattableString text) => FormattableString.Invariant(text);
}
