using System.CommandLine;
using Attune.Data;
using Attune.Problems;
using Attune.Quality;
using Attune.Recipes;

namespace Attune.Cli.Commands;

/// <summary>The arguments of commands that look at data: files, what they are measured by, columns, numbers.</summary>
internal sealed class QualityArguments
{
    public Argument<string[]> Files { get; } = new("file") { Description = "Files of rows, or a folder whose files are named train, valid, test.", Arity = ArgumentArity.OneOrMore };

    public Option<string[]> Valid { get; } = new("--valid")
    {
        Description = "Files that a model is measured on (validation, test): what the rows share with them is contamination.",
        HelpName = "file",
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<string[]> Columns { get; } = Shared.Columns();

    public Option<string[]> Set { get; } = new("--set")
    {
        Description = $"Numbers that the checks go by: {string.Join(", ", QualitySettings.Names)}.",
        HelpName = "name=value",
        AllowMultipleArgumentsPerToken = true,
    };

    public void AddTo(Command command)
    {
        command.Arguments.Add(Files);
        command.Options.Add(Valid);
        command.Options.Add(Columns);
        command.Options.Add(Set);
    }

    /// <summary>What is to be looked at.</summary>
    /// <exception cref="UserErrorException">An argument is wrong.</exception>
    public QualityOptions Read(CommandContext c)
    {
        var given = c.Get(Files)!;
        var folder = given is [var only] && Directory.Exists(only) ? DataFolder.At(only) : null;
        return new QualityOptions
        {
            Files = folder is null ? SourceKinds.Read("file", given) : [.. folder.Train.Select(static f => new DataSource(f))],
            Evaluation =
            [
                .. (folder is null ? [] : folder.Valid.Concat(folder.Test)).Select(static f => new DataSource(f)),
                .. c.Get(Valid) is { Length: > 0 } valid ? SourceKinds.Read("--valid", valid) : [],
            ],
            Columns = ColumnPairs.Read("--columns", c.Get(Columns) ?? []),
            Settings = QualitySettings.Read(c.Get(Set) ?? []),
        };
    }
}
