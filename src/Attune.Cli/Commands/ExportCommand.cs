using System.CommandLine;
using Attune.Runs.Export;

namespace Attune.Cli.Commands;

/// <summary><c>attune export</c>: a model in other programs' forms, each held against the model.</summary>
internal static class ExportCommand
{
    public static Command Create(CommandHost host) => host.Command("export", "Writes a model, with its adapter, for other programs (GGUF for llama.cpp and Ollama).", command =>
    {
        var export = new ExportArguments();
        var formats = new Option<string[]>("--format", "-f")
        {
            Description = "Forms to write: " + string.Join(", ", ExportFormats.All.Select(static f => f.Name)) + ".",
            HelpName = "form",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var target = new Option<string>("--out", "-o") { Description = "File or folder to write, for one form.", HelpName = "path" };
        var folder = new Option<string>("--out-dir") { Description = "Folder to write into, under names of Attune's choosing.", HelpName = "folder", DefaultValueFactory = _ => "." };
        command.Options.Add(formats);
        command.Options.Add(target);
        command.Options.Add(folder);
        host.Bind(export.AddTo(command), c => export.Run(c, new ExportOptions
        {
            Formats = [.. c.Get(formats)!.Select(static f => ExportFormats.Find("--format", f))],
            Path = c.Get(target),
            Folder = c.Get(folder)!,
        }));
    });
}
