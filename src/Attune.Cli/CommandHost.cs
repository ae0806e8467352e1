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
/// <param name="terminal">Where it talks.</param>
/// <param name="json">The option of every command.</param>
/// <param name="quiet">The option of every command.</param>
/// <param name="words">The command line; null where every command is wanted with all that it has.</param>
internal sealed class CommandHost(Terminal terminal, Option<bool> json, Option<bool> quiet, IReadOnlyList<string>? words = null)
{
    public Terminal Terminal => terminal;

    /// <summary>A command whose arguments and options are made only where the command line speaks of it: elsewhere, as in the help of all commands, nobody sees them.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="fill">Gives it what it has.</param>
    public Command Command(string name, string description, Action<Command> fill)
    {
        var command = new Command(name, description);
        // Completion hands a whole line over as one word, and a response file (@file) may say anything.
        if (words is null || words.Any(w => w.Contains(name, StringComparison.Ordinal) || w.StartsWith('@')))
            fill(command);
        return command;
    }

    /// <summary>A command that only holds others.</summary>
    public Command Group(string name, string description, params IReadOnlyList<Func<CommandHost, Command>> commands) => Command(name, description, group =>
    {
        foreach (var create in commands)
            group.Subcommands.Add(create(this));
    });

    /// <summary>Sets what the command does; the number is the exit code.</summary>
    public Command Bind(Command command, Func<CommandContext, int> run)
    {
        foreach (var option in command.Options)
            TypedWords.Check(option);
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
