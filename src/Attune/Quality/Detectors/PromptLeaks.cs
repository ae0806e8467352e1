using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Attune.Quality.Detectors;

/// <summary>What of the prompt, or of the way in which prompts are written down, stands in an answer; and answers that the prompt gives away.</summary>
internal static partial class PromptLeaks
{
    private const int ShortestRepeat = 25, FewestWordsOfRepeat = 5, ShortestGiven = 40, FewestWordsGiven = 8;

    private static readonly SearchValues<char> OfMarks = SearchValues.Create("<[#:");

    /// <summary>The first mark of a chat template or of a prompt's form in an answer; null where there is none.</summary>
    public static string? MarkIn(string answer)
    {
        // Every mark has one of these, and most answers none.
        if (!answer.AsSpan().ContainsAny(OfMarks)) return null;
        var match = Marks().Match(answer);
        return match.Success ? match.Value.Trim() : null;
    }

    /// <summary>The marks of templates anywhere in a text; null where there is none. A role's name is one in answers only.</summary>
    public static string? TokenIn(string text)
    {
        var match = Tokens().Match(text);
        return match.Success ? match.Value : null;
    }

    /// <summary>Whether an answer begins with its prompt, as models do that were not told to answer.</summary>
    public static bool Repeats(string prompt, string answer)
    {
        if (prompt.Length < ShortestRepeat || answer.Length < prompt.Length / 2) return false;
        var (given, said) = (Even(prompt), Even(answer));
        return given.Length >= ShortestRepeat && given.AsSpan().Count(' ') >= FewestWordsOfRepeat - 1 && said.StartsWith(given, StringComparison.Ordinal);
    }

    /// <summary>Whether the whole of an answer of some length stands in its prompt.</summary>
    public static bool Gives(string prompt, string answer)
    {
        if (answer.Length < ShortestGiven || prompt.Length < answer.Length) return false;
        var said = Even(answer);
        return said.Length >= ShortestGiven && said.AsSpan().Count(' ') >= FewestWordsGiven - 1 && Even(prompt).Contains(said, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"<\|[a-z_]{2,30}\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</s>\s*$|<\uFF5C[^<>]{2,40}\uFF5C>"
        + @"|^#{2,3} ?(?:Instruction|Response|Input|Human|Assistant|User|System):|^\s*(?:User|Human|USER|HUMAN|### User):(?= ?\S)|\A\s*(?:Assistant|ASSISTANT):(?= ?\S)",
        RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Marks();

    [GeneratedRegex(@"<\|[a-z_]{2,30}\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<\uFF5C[^<>]{2,40}\uFF5C>", RegexOptions.CultureInvariant)]
    private static partial Regex Tokens();

    // Lower case, every run of blanks one blank.
    private static string Even(string text)
    {
        var even = new StringBuilder(text.Length);
        foreach (var c in text.AsSpan().Trim())
        {
            if (!char.IsWhiteSpace(c)) even.Append(char.ToLowerInvariant(c));
            else if (even[^1] != ' ') even.Append(' ');
        }
        return even.ToString();
    }
}
