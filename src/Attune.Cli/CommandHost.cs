using System.CommandLine;

namespace Attune.Cli;

/// <summary>What a running command holds: its arguments, the way to talk, and the wish to stop.</summary>
internal sealed record CommandContext(ParseResult Arguments, ConsoleOutput Output, CancellationToken Stop)
{
    public T? Get<T>(Option<T> option) => Arguments.GetValue(option);

    public T? Get<T>(Argument<T> argument) => Arguments.GetValue(argument);

    /// <summary>Whether the option stands on the command line, rather than at its default.</summary>
    public bool IsGiven(Option option) => Arguments.GetResult(option) is { Implicit: false };
}

/// <summary>Gives a command its action, inside the error boundary.</summary>
internal sealed class CommandHost(Terminal terminal, Option<bool> json, Option<bool> quiet)
{
    public Terminal Terminal => terminal;

    /// <summary>Sets what the command does; the number is the exit code.</summary>
    public Command Bind(Command command, Func<CommandContext, int> run)
    {
        command.SetAction((parsed, stop) =>
        {
            var output = Output(parsed);
            return Task.FromResult(ErrorBoundary.Run(output, () => run(new(parsed, output, stop))));
        });
        return command;
    }

    public ConsoleOutput Output(ParseResult parsed) => new(terminal, Flag(parsed, json), Flag(parsed, quiet));

    private static bool Flag(ParseResult parsed, Option<bool> option) =>
        parsed.GetResult(option) is { } given && !given.Errors.Any() && parsed.GetValue(option);
}
