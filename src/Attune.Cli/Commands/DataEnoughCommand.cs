using System.CommandLine;
using Attune.Reports;
using Attune.Runs;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune data enough</c>: what more rows would bring, by short runs on parts of those that there are.</summary>
internal static class DataEnoughCommand
{
    public static Command Create(CommandHost host)
    {
        var arguments = new RecipeArguments();
        var defaults = new EnoughOptions();
        var parts = new Option<double[]>("--parts") { Description = "Parts of the training rows. Left out: 0.12 0.25 0.5 1.", HelpName = "number…", AllowMultipleArgumentsPerToken = true };
        var seeds = new Option<long[]>("--seeds") { Description = "Seeds; each draws parts of its own. Left out: 1 2 3.", HelpName = "number…", AllowMultipleArgumentsPerToken = true };
        var command = arguments.AddTo(new Command(
            "enough", "Trains on parts of the rows (at most 1,500 steps each, or --max-steps), fits the learning curve, and says what doubling the rows would bring. Run again it goes on where it was stopped; --output names its folder."));
        command.Options.Add(parts);
        command.Options.Add(seeds);
        return host.Bind(command, c =>
        {
            var recipe = arguments.Read(c, null);
            var options = new EnoughOptions
            {
                Parts = c.Get(parts) is { Length: > 0 } p ? p : defaults.Parts,
                Seeds = c.Get(seeds) is { Length: > 0 } s ? s : defaults.Seeds,
            };
            (string Folder, QuantityReport Report) found;
            using (var view = new RunView(c.Output))
            {
                found = EnoughRun.Execute(
                    recipe, options, RunSetup.BackendOf(recipe), TimeProvider.System, (at, all, name) => c.Output.Say($"run {at} of {all}: {name}"), view.Show, c.Stop);
            }
            Finish(c.Output, found.Folder, found.Report);
            return ExitCode.Done;
        });
    }

    private static void Finish(ConsoleOutput output, string folder, QuantityReport report) => output.Result(
        json =>
        {
            json.WriteStartObject();
            json.WriteString("study", folder);
            report.WriteBody(json);
            json.WriteEndObject();
        },
        console =>
        {
            var table = new Table().Border(TableBorder.Simple);
            foreach (var name in report.Columns)
                table.AddColumn(new TableColumn(Markup.Escape(name)).RightAligned());
            foreach (var row in report.Table)
                table.AddRow([.. row.Select(Markup.Escape)]);
            console.Write(table);
            var plain = console.Plain();
            foreach (var c in report.Curves)
            {
                plain.WriteLine($"{c.Sentence}{(c.Advice.Length == 0 ? "" : " " + c.Advice)}");
                if (QuantityReport.CheckOf(c) is { Length: > 0 } check)
                    plain.WriteLine(check);
            }
            foreach (var note in report.Notes)
                plain.WriteLine(note);
            plain.WriteLine(Path.Combine(folder, "enough.html"));
        });
}
