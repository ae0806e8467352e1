using System.CommandLine;
using Attune.Quality;

namespace Attune.Cli.Commands;

/// <summary><c>attune data report</c>: what is good and bad about rows, before anything is trained on them.</summary>
internal sealed class DataReportCommand
{
    private readonly QualityArguments arguments = new();

    public static Command Create(CommandHost host)
    {
        var self = new DataReportCommand();
        var command = new Command("report", "Looks through files of rows: what cannot be learned from, what stands twice, what else is wrong. Nothing is changed.");
        self.arguments.AddTo(command);
        return host.Bind(command, self.Run);
    }

    private int Run(CommandContext c)
    {
        var options = arguments.Read(c);
        var report = QualityView.WithProgress(c, "reading", progress => DataQuality.Report(options, progress, c.Stop));
        c.Output.Result(json => QualityView.Write(json, report), console => QualityView.Show(console, report));
        return ExitCode.Done;
    }
}
