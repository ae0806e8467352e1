using System.CommandLine;
using System.CommandLine.Parsing;
using Attune.Cli;
using Attune.Cli.Commands;
using Attune.Tests.Formats;

namespace Attune.Tests.Cli;

/// <summary>An option that takes several words leaves a command the file that it works on, over all commands and options.</summary>
public sealed class CommandFileTests : IDisposable
{
    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    [Fact]
    public void Every_option_leaves_every_command_its_file()
    {
        var file = temp.File("it.yaml");
        File.WriteAllText(file, "");
        var tried = 0;
        foreach (var (path, command) in All())
        {
            foreach (var option in command.Options.Where(o => o.ValueType != typeof(bool) && o.Arity.MinimumNumberOfValues > 0 && command.Arguments.Count > 0))
            {
                string[] once = [.. path, option.Name, "1", file], twice = [.. path, option.Name, "1", option.Name, "2", file];
                Assert.Equal($"{file} | 1", Words(once, command, option));
                Assert.Equal($"{file} | 1", Words([.. path, file, option.Name, "1"], command, option));
                if (option.Arity.MaximumNumberOfValues > 1)
                    Assert.Equal($"{file} | 1 2", Words(twice, command, option));
                tried++;
            }
        }
        Assert.True(tried > 100, $"{tried} options of commands that work on a file");
    }

    /// <summary>As documented: several words behind one mention.</summary>
    [Theory]
    [InlineData("data report rows.jsonl --columns a=b c=d", "rows.jsonl", "--columns", "a=b c=d")]
    [InlineData("data report --columns a=b c=d rows.jsonl", "rows.jsonl", "--columns", "a=b c=d")]
    [InlineData("data report --set near=0.7 shingle=5 rows.jsonl --json", "rows.jsonl", "--set", "near=0.7 shingle=5")]
    [InlineData("data report --valid one.jsonl rows.jsonl", "rows.jsonl", "--valid", "one.jsonl")]
    [InlineData("data report --valid one.jsonl rows.jsonl more.jsonl", "rows.jsonl more.jsonl", "--valid", "one.jsonl")]
    [InlineData("data report rows.jsonl --valid one.jsonl more.jsonl", "rows.jsonl", "--valid", "one.jsonl more.jsonl")]
    [InlineData("data clean --remedy exact unreadable rows.jsonl --dry-run", "rows.jsonl", "--remedy", "exact unreadable")]
    [InlineData("train --data one.jsonl more.jsonl", "", "--data", "one.jsonl more.jsonl")]
    [InlineData("train --data one.jsonl more.jsonl recipe.yaml", "recipe.yaml", "--data", "one.jsonl more.jsonl")]
    [InlineData("train --metrics exact missing.yaml", "missing.yaml", "--metrics", "exact")]
    [InlineData("train --metrics exact loss --seeds 1 2 3 recipe.yaml", "recipe.yaml", "--metrics", "exact loss")]
    [InlineData("train --set train.epochs=2 recipe.yaml", "recipe.yaml", "--set", "train.epochs=2")]
    [InlineData("search --range-test --range 1e-6 1e-1 recipe.yaml", "recipe.yaml", "--range", "1e-6 1e-1")]
    [InlineData("blend --at 0.25 0.5 runs", "runs", "--at", "0.25 0.5")]
    public void Documented_command_lines_keep_their_meaning(string line, string file, string option, string values)
    {
        foreach (var name in (string[])["rows.jsonl", "one.jsonl", "more.jsonl", "recipe.yaml"])
            File.WriteAllText(temp.File(name), "");
        Directory.CreateDirectory(temp.File("runs"));
        string Placed(string word) => word.Contains('.', StringComparison.Ordinal) && !word.Contains('=', StringComparison.Ordinal) && !char.IsDigit(word[0]) || word == "runs" ? temp.File(word) : word;
        string In(string text) => string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Placed));
        var args = line.Split(' ').Select(Placed).ToArray();
        var (_, command) = All().OrderByDescending(static c => c.Path.Length).First(c => c.Path.SequenceEqual(args.Take(c.Path.Length)));
        Assert.Equal($"{In(file)} | {In(values)}", Words(args, command, command.Options.First(o => o.Name == option)));
    }

    /// <summary>A word that is no file stays where it stands, and what is missing is said.</summary>
    [Fact]
    public async Task What_is_no_file_is_not_moved() =>
        Assert.Contains("file", (await CliRun.Of("data", "clean", "--remedy", "exact", "near")).Error, StringComparison.Ordinal);

    // The words of its first argument, and behind the bar those of the option.
    private static string Words(string[] args, Command command, Option option)
    {
        var root = new RootCommand { new Option<bool>("--json") { Recursive = true } };
        foreach (var top in CommandTable.All.Select(static f => f(Host())))
            root.Subcommands.Add(top);
        var parsed = Shell.Parse(root, args);
        var (argument, same) = (parsed.CommandResult.Command.Arguments[0], parsed.CommandResult.Command.Options.First(o => o.Name == option.Name));
        Assert.Equal(command.Name, parsed.CommandResult.Command.Name);
        static string Text(SymbolResult? result) => string.Join(' ', result?.Tokens.Select(static t => t.Value) ?? []);
        return $"{Text(parsed.GetResult(argument))} | {Text(parsed.GetResult(same))}";
    }

    private static IEnumerable<(string[] Path, Command Command)> All()
    {
        static IEnumerable<(string[] Path, Command Command)> Walk(Command c, string[] path) => c.Subcommands.SelectMany(s => Walk(s, [.. path, s.Name])).Prepend((path, c));
        return CommandTable.All.Select(static f => f(Host())).SelectMany(static c => Walk(c, [c.Name]));
    }

    private static CommandHost Host() => new(new(TextReader.Null, TextWriter.Null, TextWriter.Null), new("--json"), new("--quiet"));
}
