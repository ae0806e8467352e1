using System.CommandLine;

namespace Attune.Cli.Commands;

/// <summary><c>attune distill</c>: what a teacher writes down once, for students that are tuned without it.</summary>
internal static class DistillCommand
{
    public static Command Create(CommandHost host) => host.Group(
        "distill",
        "Lets a larger model teach a smaller one: writes down what it answers, or what it finds likely.",
        DistillGenerateCommand.Create,
        DistillLogitsCommand.Create);
}
