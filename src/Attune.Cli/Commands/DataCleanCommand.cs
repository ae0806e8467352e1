using System.CommandLine;
using System.Text.Json;
using Attune.Problems;
using Attune.Quality;
using Attune.Reports;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune data clean</c>: writes the rows that stay after chosen remedies, and a list of what was dropped and why.</summary>
internal sealed class DataCleanCommand
{
    private readonly QualityArguments arguments = new();

    private readonly Option<string[]> remedies = new("--remedy", "-r")
    {
        Description = $"What is done: {string.Join("; ", CleanOptions.Known.Select(static k => $"{k.Name} {k.Does}"))}.",
        HelpName = "name",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> target = new("--out") { Description = "The file for the rows that stay, in the format of the first file. Beside it NAME.dropped.jsonl says what is not in it, and why.", HelpName = "file" };

    private readonly Option<bool> dry = new("--dry-run") { Description = "Writes nothing: only says what would go." };

    public static Command Create(CommandHost host)
    {
        var self = new DataCleanCommand();
        var command = new Command("clean", "Applies remedies to files of rows: writes the rows that stay as they came, and a list of those that do not.");
        self.arguments.AddTo(command);
        command.Options.Add(self.remedies);
        command.Options.Add(self.target);
        command.Options.Add(self.dry);
        return host.Bind(command, self.Run);
    }

    private int Run(CommandContext c)
    {
        var isDry = c.Get(dry);
        if (!isDry && c.Get(target) is null) throw new UserErrorException("--out", "is missing: nothing is changed in place", "name the file to write, or give --dry-run to see what would go");
        var options = new CleanOptions { Look = arguments.Read(c), Remedies = c.Get(remedies)!, Out = isDry ? null : Path.GetFullPath(c.Get(target)!) };
        var result = QualityView.WithProgress(c, "cleaning", progress => DataQuality.Clean(options, progress, c.Stop));
        if (result.Unreadable > 0) c.Output.Warn($"{result.Unreadable} rows that training would refuse stay as they are: --remedy unreadable drops them");
        c.Output.Result(json => Write(json, options, result), console => Show(console, options, result));
        return ExitCode.Done;
    }

    private static void Show(IAnsiConsole console, CleanOptions options, CleanResult result)
    {
        foreach (var remedy in result.Remedies)
        {
            console.WriteLine($"{remedy.Remedy}: {remedy.Rows} of {result.Rows} rows ({remedy.Does})");
            QualityView.ShowExamples(console, remedy.Examples, remedy.Rows);
        }
        var dropped = result.Rows - result.Kept;
        var words = $"{result.Kept} rows {(options.Out is null ? "would stay" : "stay")}, {dropped} ({Numbers.Percent((double)dropped / result.Rows)}) {(options.Out is null ? "would go" : "are dropped")}";
        console.WriteLine(result.Changed == 0 ? words : $"{words}, {result.Changed} {(options.Out is null ? "would be" : "are")} changed");
        if (options.Out is not null) console.Plain().WriteLine($"{QualityView.Shown(options.Out)}\n{QualityView.Shown(options.List!)} says what was dropped or changed, and why");
    }

    private static void Write(Utf8JsonWriter json, CleanOptions options, CleanResult result)
    {
        json.WriteStartObject();
        if (options.Out is not null)
        {
            json.WriteString("out", options.Out);
            json.WriteString("list", options.List);
        }
        json.WriteBoolean("dry_run", options.Out is null);
        json.WriteNumber("rows", result.Rows);
        json.WriteNumber("kept", result.Kept);
        json.WriteNumber("dropped", result.Rows - result.Kept);
        json.WriteNumber("changed", result.Changed);
        json.WriteNumber("unreadable_kept", result.Unreadable);
        json.WriteStartArray("remedies");
        foreach (var remedy in result.Remedies)
        {
            json.WriteStartObject();
            json.WriteString("remedy", remedy.Remedy);
            json.WriteNumber("rows", remedy.Rows);
            json.WriteStartArray("examples");
            foreach (var example in remedy.Examples) QualityView.Write(json, example);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
