using System.CommandLine;
using System.CommandLine.Invocation;

namespace Attune.Cli;

/// <summary>
/// The help of a command: what it does, how it is called, its commands, arguments and options in groups. Written without a table library,
/// because help must appear at once.
/// </summary>
internal sealed class HelpWriter(Terminal terminal) : SynchronousCommandLineAction
{
    private const int Indent = 2, Gap = 2, WidestName = 34;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command);
        return ExitCode.Done;
    }

    public void Write(Command command)
    {
        var output = terminal.Out;
        foreach (var line in Wrap(command.Description ?? "", terminal.Width))
            output.WriteLine(line);
        output.WriteLine();
        Heading("Usage");
        output.WriteLine("  " + Usage(command));
        Rows("Commands", command.Subcommands.Where(static c => !c.Hidden).Select(c => (c.Name, c.Description ?? "")));
        Rows("Arguments", command.Arguments.Select(a => ($"<{a.HelpName ?? a.Name}>", a.Description ?? "")));
        var own = command.Options.Where(o => !o.Recursive && o is not System.CommandLine.Help.HelpOption and not VersionOption && !o.Hidden).ToArray();
        foreach (var group in own.GroupBy(o => (o as IGrouped)?.Group ?? "Options"))
            Rows(group.Key, group.Select(o => (Name(o), Describe(o))));
        Rows("Always", Parents(command).SelectMany(c => c.Options).Where(o => o.Recursive || (o is VersionOption && command is RootCommand)).Distinct().Select(o => (Name(o), Describe(o))));
        if (command is RootCommand)
        {
            output.WriteLine();
            output.WriteLine("Exit codes: 0 done · 1 failed while running · 2 the input is wrong · 3 a guard was not met · 130 stopped");
        }
    }

    private static string Usage(Command command)
    {
        var path = string.Join(' ', Parents(command).Reverse().Select(c => c is RootCommand ? "attune" : c.Name));
        var arguments = string.Concat(command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $" [<{a.HelpName ?? a.Name}>]" : $" <{a.HelpName ?? a.Name}>"));
        var required = string.Concat(command.Options.Where(o => o.Required).Select(o => $" {o.Name} <{o.HelpName}>"));
        return path + (command.Subcommands.Count > 0 ? " <command>" : "") + arguments + required + " [options]";
    }

    private static IEnumerable<Command> Parents(Command command)
    {
        for (Command? c = command; c is not null; c = c.Parents.OfType<Command>().FirstOrDefault())
            yield return c;
    }

    private static string Name(Option option)
    {
        var names = string.Join(", ", option.Aliases.Where(a => a.Length == 2 && a[0] == '-' && char.IsAsciiLetter(a[1])).Append(option.Name));
        return option.HelpName is { Length: > 0 } value ? $"{names} <{value}>" : names;
    }

    private static string Describe(Option option) => (option.Description ?? "") + (option.Required ? " (required)" : "");

    private void Heading(string text) => terminal.Out.WriteLine(Ansi.Of(terminal.OutIsPerson, Ansi.Bold, text));

    private void Rows(string heading, IEnumerable<(string Name, string Text)> rows)
    {
        var all = rows.ToArray();
        if (all.Length == 0)
            return;
        terminal.Out.WriteLine();
        Heading(heading);
        var column = Math.Min(WidestName, all.Max(r => r.Name.Length)) + Indent + Gap;
        foreach (var (name, text) in all)
        {
            var first = new string(' ', Indent) + Ansi.Of(terminal.OutIsPerson, Ansi.Cyan, name);
            var used = Indent + name.Length;
            foreach (var line in Wrap(text, Math.Max(30, terminal.Width - column)).DefaultIfEmpty(""))
            {
                if (used > column - Gap && used > 0)
                {
                    terminal.Out.WriteLine(first);
                    (first, used) = ("", 0);
                }

                terminal.Out.WriteLine((first + new string(' ', column - used) + line).TrimEnd());
                (first, used) = ("", 0);
            }
        }
    }

    internal static IEnumerable<string> Wrap(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = word;
            }
            else
                line = line.Length == 0 ? word : line + " " + word;
        }

        if (line.Length > 0)
            yield return line;
    }
}

/// <summary>An option that stands under a heading of its own in the help.</summary>
internal interface IGrouped
{
    string Group { get; }
}
