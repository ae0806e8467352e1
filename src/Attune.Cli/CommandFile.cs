using System.CommandLine;
using System.CommandLine.Parsing;

namespace Attune.Cli;

/// <summary>
/// The file that a command works on, where it stands behind an option that takes several words and was taken for one more of them:
/// <c>data report --valid v.jsonl rows.jsonl</c>, <c>train --metrics exact loss recipe.yaml</c>. Only where the command would be left without one, and never the word that
/// the option needs itself.
/// </summary>
internal static class CommandFile
{
    /// <summary>The command line with the file in front of the options; null where it is right as it stands.</summary>
    /// <param name="args">As they were given.</param>
    /// <param name="parsed">What they were taken for.</param>
    public static IReadOnlyList<string>? Recovered(IReadOnlyList<string> args, ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command.Arguments is not [var argument, ..] || parsed.GetResult(argument)?.Tokens.Count > 0)
            return null;
        // A recipe may be left out, and the files of rows before it are then meant as they stand.
        bool Fits(string word) => IsRecipe(word) || (argument.Arity.MinimumNumberOfValues > 0 && Path.Exists(word));
        var found = Mentions(command, parsed).Select(words => words.Skip(1).Reverse().TakeWhile(Fits).Take(argument.Arity.MaximumNumberOfValues).Reverse().ToList())
            .LastOrDefault(static words => words.Count > 0);
        if (found is null)
            return null;
        var mended = args.ToList();
        foreach (var word in found.AsEnumerable().Reverse())
        {
            // What a response file says is not moved out of it.
            if (mended.LastIndexOf(word) is not (>= 0 and var at))
                return null;
            mended.RemoveAt(at);
        }
        mended.InsertRange(mended.IndexOf(command.Name) + 1, found);
        return mended;
    }

    private static bool IsRecipe(string word) => Path.GetExtension(word) is ".yaml" or ".yml";

    // The words behind each mention of an option that takes several.
    private static IEnumerable<List<string>> Mentions(Command command, ParseResult parsed)
    {
        List<string>? words = null;
        foreach (var token in parsed.Tokens)
        {
            if (token.Type == TokenType.Argument)
            {
                words?.Add(token.Value);
                continue;
            }
            if (words is not null)
                yield return words;
            words = token.Type == TokenType.Option && command.Options.Any(o => o.AllowMultipleArgumentsPerToken && (o.Name == token.Value || o.Aliases.Contains(token.Value))) ? [] : null;
        }
        if (words is not null)
            yield return words;
    }
}
