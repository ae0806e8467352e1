using System.CommandLine;
using Attune.Formats;
using Attune.Problems;
using Attune.Quality;
using Attune.Reports;
using Attune.Runs;

namespace Attune.Cli.Commands;

/// <summary><c>attune data report</c>: what is good and bad about rows, before anything is trained on them.</summary>
internal sealed class DataReportCommand
{
    private readonly QualityArguments arguments = new();

    private readonly Option<string?> model = new("--model", "-m") { Description = "The model that is to be trained: what its tokenizer and template do to the rows is looked at too.", HelpName = "folder" };

    private readonly Option<string?> template = new("--template") { Description = "A chat template in place of the model's own: a file, or chatml.", HelpName = "file" };

    private readonly Option<string?> page = new("--html") { Description = "Writes the report as a page with plots too.", HelpName = "file.html" };

    public static Command Create(CommandHost host)
    {
        var self = new DataReportCommand();
        var command = new Command("report", "Looks through files of rows: what cannot be learned from, what stands twice, what else is wrong. Nothing is changed.");
        self.arguments.AddTo(command);
        command.Options.Add(self.model);
        command.Options.Add(self.template);
        command.Options.Add(self.page);
        return host.Bind(command, self.Run);
    }

    private int Run(CommandContext c)
    {
        var options = arguments.Read(c);
        if (c.Get(template) is not null && c.Get(model) is null) throw new UserErrorException("--template", "is a template for a model, and none is given", "give --model too, or leave it out");
        var to = OutputPaths.File("--html", c.Get(page), [.. options.Files.Concat(options.Evaluation).Select(static f => f.File)]);
        if (c.Get(model) is { } folder)
        {
            using var context = ModelContext.Open(folder, template: c.Get(template), withWeights: false);
            options = options with { Model = new QualityModel(context.Tokenizer, context.Template, context.EndIds, context.Folder.Spec.MaxPositions) };
        }
        var report = QualityView.WithProgress(c, "reading", progress => DataQuality.Report(options, progress, c.Stop));
        if (to is not null) AtomicFile.WriteText(to, QualityPage.Write(report));
        c.Output.Result(json => QualityView.Write(json, report), console =>
        {
            QualityView.Show(console, report);
            if (QualityView.Remedy(report, options) is { } command)
                console.Plain().WriteLine($"\n{command}    (says what would go)");
        });
        return ExitCode.Done;
    }
}
