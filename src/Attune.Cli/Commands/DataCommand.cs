using System.CommandLine;

namespace Attune.Cli.Commands;

/// <summary><c>attune data</c>: what is done with rows before anything is trained on them. To add a command: a file and a line here.</summary>
internal static class DataCommand
{
    public static Command Create(CommandHost host) => host.Group(
        "data",
        "Looks at data sets and prepares them; see: attune data --help.",
        DataReportCommand.Create,
        DataCleanCommand.Create,
        DataAugmentCommand.Create,
        DataKnownCommand.Create,
        DataEnoughCommand.Create,
        DataSelectCommand.Create);
}
