using System.CommandLine;

namespace Attune.Cli.Commands;

/// <summary>The commands, in the order of the help. To add one: a file in Commands and a line here.</summary>
internal static class CommandTable
{
    public static IReadOnlyList<Func<CommandHost, Command>> All { get; } =
    [
        InitCommand.Create,
        RunCommands.Train,
        RunCommands.Check,
        RunCommands.Plan,
        GenerateCommand.Create,
        ChatCommand.Create,
        EvalCommand.Create,
        DataCommand.Create,
        DistillCommand.Create,
        SearchCommand.Create,
        SearchCommand.Trial,
        ShipCommand.Create,
        BlendCommand.Create,
        LogitsCommand.Create,
        MergeCommand.Create,
        ExportCommand.Create,
        InspectCommand.Create,
        TokenizeCommand.Create,
        TokenizerCommand.Create,
        DoctorCommand.Create,
        BenchCommand.Create,
        SchemaCommand.Create,
        CompletionCommand.Create,
    ];
}
