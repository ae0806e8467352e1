using System.CommandLine;

namespace Attune.Cli.Commands;

/// <summary><c>attune data</c>: what is done with rows before anything is trained on them. To add a command: a file and a line here.</summary>
internal static class DataCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command("data", "Looks at data sets and prepares them: report, clean, augment, known.");
        foreach (var create in All) command.Subcommands.Add(create(host));
        return command;
    }

    private static IReadOnlyList<Func<CommandHost, Command>> All { get; } =
    [
        DataReportCommand.Create,
        DataCleanCommand.Create,
        DataAugmentCommand.Create,
        DataKnownCommand.Create,
    ];
}
