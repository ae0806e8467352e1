using Attune.Reports;
using Attune.Runs;
using Spectre.Console;

namespace Attune.Cli;

/// <summary>What <c>train --seeds</c> ends with: the means over all runs.</summary>
internal static class SeedView
{
    public static void Finish(ConsoleOutput output, SeedStudy study) => output.Result(
        json =>
        {
            json.WriteStartObject();
            study.WriteBody(json);
            json.WriteEndObject();
        },
        console =>
        {
            var table = new Table().Border(TableBorder.Simple).AddColumn($"{study.Runs.Count} seeds")
                .AddColumn(new TableColumn("before").RightAligned()).AddColumn(new TableColumn("after").RightAligned())
                .AddColumn(new TableColumn("change").RightAligned()).AddColumn("95 % interval over seeds");
            foreach (var m in study.Metrics)
            {
                table.AddRow(
                    Markup.Escape(m.Name), Numbers.Value(m.Before.Mean, m.Unit), Numbers.Value(m.After.Mean, m.Unit),
                    Numbers.Change(m.Change.Mean, m.Unit), Markup.Escape(Numbers.Interval(m.Change.Low, m.Change.High, m.Unit)));
            }
            console.Write(table);
            var plain = console.Plain();
            foreach (var run in study.Runs)
                plain.WriteLine($"seed {run.Seed}: {Path.Combine(run.Directory, "report.html")}");
            plain.WriteLine(Path.Combine(study.Directory, "seeds.md"));
        });
}
