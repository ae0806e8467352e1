using System.CommandLine;
using Attune.Reports;
using Attune.Runs;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune blend</c>: a finished run at several points between base and tuned weights, and the best of them as a model.</summary>
internal static class BlendCommand
{
    public static Command Create(CommandHost host)
    {
        var folder = new Argument<string>("run") { Description = "Folder of a finished run." };
        var at = new Option<double[]>("--at") { Description = "Parts of the tuned weights, from 0 to 1; the ends are always measured. Left out: 0.25 0.5 0.75.", HelpName = "number…", AllowMultipleArgumentsPerToken = true };
        var keep = new Option<double>("--keep") { Description = "The part of the best gain in validation loss that the chosen point must keep; of those that do, the one that forgets the least is written.", HelpName = "part", DefaultValueFactory = static _ => 0.95 };
        var output = new Option<string?>("--out", "-o") { Description = "Folder of the model that is written. Left out: blended in the run's folder.", HelpName = "folder" };
        var threads = new Option<int>("--threads") { Description = "Compute threads; the result does not depend on it.", HelpName = "n", DefaultValueFactory = static _ => Environment.ProcessorCount };
        return host.Bind(new Command("blend", "Measures a run between its base and its tuned weights, and writes the point that keeps the gain and forgets the least.") { folder, at, keep, output, threads }, c =>
        {
            var options = new BlendOptions { Keep = Shared.Within("--keep", c.Get(keep), 0.0, 1.0, "a number from 0 to 1"), Output = c.Get(output) };
            if (c.Get(at) is { Length: > 0 } given)
                options = options with { At = [.. given.Select(static a => Shared.Within("--at", a, 0.0, 1.0, "numbers from 0 to 1"))] };
            using var view = new RunView(c.Output);
            var report = BlendRun.Execute(
                Shared.RequireFolder("run", c.Get(folder)!), options, Shared.Within("--threads", c.Get(threads), 1, 1024, "1 to 1024 threads"), view.Show, c.Stop);
            view.Dispose();
            c.Output.Result(
                json =>
                {
                    json.WriteStartObject();
                    report.WriteBody(json);
                    json.WriteEndObject();
                },
                console => Show(console, report));
            return ExitCode.Done;
        });
    }

    private static void Show(IAnsiConsole console, BlendReport report)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var name in report.Columns)
            table.AddColumn(new TableColumn(Markup.Escape(name)).RightAligned());
        foreach (var row in report.Rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        console.Write(table);
        var plain = console.Plain();
        plain.WriteLine(report.Rule);
        plain.WriteLine(report.Saved);
    }
}
