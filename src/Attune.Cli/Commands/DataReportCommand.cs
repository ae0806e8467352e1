using System.CommandLine;
using Attune.Formats;
using Attune.Quality;
using Attune.Reports;

namespace Attune.Cli.Commands;

/// <summary><c>attune data report</c>: what is good and bad about rows, before anything is trained on them.</summary>
internal sealed class DataReportCommand
{
    private readonly QualityArguments arguments = new();

    private readonly Option<string?> page = new("--html") { Description = "Writes the report as a page with plots too.", HelpName = "file.html" };

    public static Command Create(CommandHost host)
    {
        var self = new DataReportCommand();
        var command = new Command("report", "Looks through files of rows: what cannot be learned from, what stands twice, what else is wrong. Nothing is changed.");
        self.arguments.AddTo(command);
        command.Options.Add(self.page);
        return host.Bind(command, self.Run);
    }

    private int Run(CommandContext c)
    {
        var options = arguments.Read(c);
        var report = QualityView.WithProgress(c, "reading", progress => DataQuality.Report(options, progress, c.Stop));
        if (c.Get(page) is { } path) AtomicFile.WriteText(Path.GetFullPath(path), QualityPage.Write(report));
        c.Output.Result(json => QualityView.Write(json, report), console => QualityView.Show(console, report));
        return ExitCode.Done;
    }
}
