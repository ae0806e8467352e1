using System.CommandLine;
using Attune.Problems;

namespace Attune.Cli.Commands;

/// <summary>Options that several commands have, said and checked in one way.</summary>
internal static class Shared
{
    public static Option<string> Model() => new("--model", "-m")
    {
        Description = "Folder of a model: config.json, tokenizer.json and *.safetensors.",
        HelpName = "folder",
        Required = true,
    };

    /// <summary>The folder, or a problem that says what is there instead.</summary>
    /// <exception cref="UserErrorException">There is no such folder.</exception>
    public static string RequireFolder(string option, string path)
    {
        if (Directory.Exists(path))
            return path;
        throw File.Exists(path)
            ? new UserErrorException($"{option} {path}", "expected a folder, found a file", "give the folder that holds it")
            : new UserErrorException($"{option} {path}", $"there is no folder {Path.GetFullPath(path)}", "check the path");
    }
}
