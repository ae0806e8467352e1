using Attune.Problems;
using Attune.Reports;
using Spectre.Console;

namespace Attune.Cli;

/// <summary>Asks a person.</summary>
internal interface IQuestions
{
    /// <summary>Whether a person is there to answer.</summary>
    bool CanAsk { get; }

    /// <summary>One of several answers, or another one in the person's own words.</summary>
    /// <param name="option">The option that would have answered it.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="answers">What may be chosen; may be none.</param>
    /// <param name="other">What else may be typed; null where it must be one of the answers.</param>
    /// <exception cref="UserErrorException">Nobody is there to answer.</exception>
    string Choose(string option, string question, IReadOnlyList<string> answers, string? other);
}

/// <summary>Questions on the terminal of the process, by Spectre.Console.</summary>
internal sealed class SpectreQuestions(Terminal terminal) : IQuestions
{
    private const string Other = "another one …";

    public bool CanAsk { get; } = terminal is { OutIsPerson: true, ErrorIsPerson: true } && !Console.IsInputRedirected;

    public string Choose(string option, string question, IReadOnlyList<string> answers, string? other)
    {
        if (!CanAsk)
            throw new UserErrorException("init", $"{option} is missing, and there is no terminal to ask at", $"give {option}");
        if (answers.Count > 0)
        {
            var prompt = new SelectionPrompt<string>().Title(Markup.Escape(question)).PageSize(12).UseConverter(static a => Markup.Escape(SafeText.Clean(a)));
            prompt.AddChoices(other is null ? answers : answers.Append(Other));
            var chosen = AnsiConsole.Prompt(prompt);
            if (chosen != Other)
                return chosen;
        }
        return AnsiConsole.Prompt(new TextPrompt<string>(Markup.Escape($"{other}:")));
    }
}
