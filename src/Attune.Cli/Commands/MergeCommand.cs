using System.CommandLine;
using Attune.Problems;
using Attune.Runs.Export;

namespace Attune.Cli.Commands;

/// <summary><c>attune merge</c>: a Hugging Face folder with the adapter merged into the weights, held against model and adapter.</summary>
internal static class MergeCommand
{
    public static Command Create(CommandHost host)
    {
        var export = new ExportArguments();
        var target = new Option<string>("--out", "-o") { Description = "Folder to write.", HelpName = "folder", Required = true };
        var type = new Option<string>("--dtype") { Description = "Type of the weights: f32, bf16 or f16. Left out: the base's.", HelpName = "type" };
        var asAdapter = new Option<bool>("--as-adapter") { Description = "Write one adapter instead of a model: of several the exact sum, their ranks side by side." };
        var command = export.AddTo(new Command("merge", "Merges an adapter into its base: a Hugging Face folder that says the same.") { target, type, asAdapter });
        return host.Bind(command, c =>
        {
            if (c.Get(type) is { } asked and not ("f32" or "bf16" or "f16"))
                throw new UserErrorException($"--dtype {asked}", "expected f32, bf16 or f16");
            if (c.Get(asAdapter) && c.Get(type) is not null)
                throw new UserErrorException("--dtype", "has no effect on an adapter, which is written in F32", "leave it out, or leave --as-adapter out");
            var folder = OutputPaths.EmptyFolder("--out", c.Get(target)!);
            if (c.Get(asAdapter))
                return export.Run(c, new ExportOptions { Formats = [ExportFormats.Find("--as-adapter", "adapter")], Path = folder });
            var name = c.Get(type) is { } given ? $"merged:{given}" : "merged";
            return export.Run(c, new ExportOptions { Formats = [ExportFormats.Find("--dtype", name)], Path = folder });
        });
    }
}
