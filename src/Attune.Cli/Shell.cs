using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Attune.Cli.Commands;
using Attune.Problems;

namespace Attune.Cli;

/// <summary>The whole command line: parses, runs, and answers with an exit code. The process and the tests call the same method.</summary>
internal sealed partial class Shell
{
    private readonly Terminal terminal;
    private readonly IEnumerable<Func<CommandHost, Command>> commands;
    private readonly Option<bool> json = new("--json") { Description = "One JSON document on standard output, nothing else there.", Recursive = true };
    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "No messages, no progress.", Recursive = true };

    public Shell(Terminal terminal, IEnumerable<Func<CommandHost, Command>>? commands = null) => (this.terminal, this.commands) = (terminal, commands ?? CommandTable.All);

    public async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken stop = default)
    {
        var host = new CommandHost(terminal, json, quiet, args);
        var root = Root(host);
        var parsed = Parse(root, args);
        // [suggest] asks what may stand behind words that are not finished.
        var completes = root.Directives.Any(d => parsed.GetResult(d) is not null);
        if (!completes && parsed.Action is not HelpWriter && Problems(parsed) is { Count: > 0 } problems)
            return ErrorBoundary.Say(host.Output(parsed), problems, ExitCode.WrongInput);
        return await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            }, stop);
    }

    /// <summary>What a command line says; a command has its file wherever that stands.</summary>
    internal static ParseResult Parse(RootCommand root, IReadOnlyList<string> args)
    {
        var configuration = new ParserConfiguration();
        var read = configuration.ResponseFileTokenReplacer!;
        // What an option is given may begin with @; a response file stands by itself.
        configuration.ResponseFileTokenReplacer = (string name, out IReadOnlyList<string>? words, out string? error) =>
        {
            (words, error) = (null, null);
            return !args.Index().Any(a => a.Index > 0 && a.Item == $"@{name}" && args[a.Index - 1].StartsWith('-')) && read(name, out words, out error);
        };
        var parsed = root.Parse(args, configuration);
        return CommandFile.Recovered(args, parsed) is { } mended ? root.Parse(mended, configuration) : parsed;
    }

    private RootCommand Root(CommandHost host)
    {
        var root = new RootCommand("Attune fine-tunes small language models on your machine and shows what was gained.") { json, quiet };
        foreach (var command in commands)
            root.Subcommands.Add(command(host));
        var help = new HelpWriter(terminal);
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = help;
            option.Description = "Shows this help.";
        }

        foreach (var option in root.Options.OfType<VersionOption>())
            option.Description = "Shows the version.";

        root.SetAction(_ => { help.Write(root); return ExitCode.Done; });
        return root;
    }

    private static List<Problem> Problems(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var path = string.Join(' ', PathTo(command).Reverse().Select(c => c is RootCommand ? "attune" : c.Name));
        var problems = new List<Problem>();
        foreach (var word in MisspelledOptions(parsed).Concat(parsed.UnmatchedTokens).Distinct())
        {
            var option = word.StartsWith('-');
            var known = option
                ? PathTo(command).SelectMany(c => c.Options).Where(o => o.Recursive || command.Options.Contains(o)).Select(o => o.Name)
                : command.Subcommands.Select(c => c.Name);
            var near = Nearest.To(word, known);
            if (near == word)
            {
                problems.Add(new(path, $"{word} stands where a value was expected", "give the option before it what it needs"));
                continue;
            }
            var kind = option ? "unknown option" : command.Subcommands.Count > 0 ? "unknown command" : "unexpected argument";
            problems.Add(new(path, $"{kind} {word}", near is null ? $"see {path} --help" : $"did you mean {near}?"));
        }

        if (problems.Count == 0)
            problems.AddRange(parsed.Errors.Select(e => new Problem(path, e.Message, $"see {path} --help")));
        return problems;
    }

    /// <summary>Words that look like options and were taken for the value of an argument. After <c>--</c> anything goes.</summary>
    private static IEnumerable<string> MisspelledOptions(ParseResult parsed) => parsed.Tokens
        .TakeWhile(t => t.Type != TokenType.DoubleDash)
        .Where(t => t.Type == TokenType.Argument && OptionLike().IsMatch(t.Value))
        .Select(t => t.Value);

    [GeneratedRegex("^--[A-Za-z][A-Za-z0-9-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex OptionLike();

    private static IEnumerable<Command> PathTo(Command command)
    {
        for (Command? c = command; c is not null; c = c.Parents.OfType<Command>().FirstOrDefault())
            yield return c;
    }
}
