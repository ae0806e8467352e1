using System.Text.RegularExpressions;
using Attune.Problems;

namespace Attune.Text.Patterns;

/// <summary>What a Split or Replace looks for: a literal string, or an expression in Oniguruma's dialect.</summary>
internal sealed class TextPattern
{
    // Real expressions finish in microseconds; the limit only stops one that was made to run for ever.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Regex? regex;
    private readonly string literal;
    private readonly string place;

    private TextPattern(Regex? regex, string literal, string place)
    {
        this.regex = regex;
        this.literal = literal;
        this.place = place;
    }

    /// <summary>The literal text, or null for an expression.</summary>
    public string? Literal => regex is null ? literal : null;

    public static TextPattern Of(string literal) => new(null, literal, "");

    /// <summary>Reads <c>{"String": "…"}</c> or <c>{"Regex": "…"}</c>.</summary>
    public static TextPattern Read(Section section)
    {
        if (section.Optional("String") is { } literal) return Of(literal.Text());
        return FromExpression(section.Required("Regex").Text(), (message, remedy) => section.Wrong(message, remedy), "a regular expression of the tokenizer");
    }

    /// <summary>Compiles an Oniguruma expression; what it cannot express goes to <paramref name="wrong"/>.</summary>
    public static TextPattern FromExpression(string expression, Func<string, string, UserErrorException> wrong, string place)
    {
        try
        {
            var translated = OnigurumaTranslator.Translate(expression);
            return new(new Regex(translated, RegexOptions.Compiled | RegexOptions.CultureInvariant | RegexOptions.Multiline, Limit), "", place);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw wrong($"the regular expression {expression} is not supported: {e.Message}", "");
        }
    }

    /// <summary>Appends the matches in order, as half-open ranges of <paramref name="text"/>.</summary>
    public void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        if (regex is null) FindLiteral(text, matches);
        else if (ScalarShadow.TryCast(text, out var shadow, out var positions))
        {
            var first = matches.Count;
            FindExpression(shadow, matches);
            for (var i = first; i < matches.Count; i++) matches[i] = (positions[matches[i].Start], positions[matches[i].End]);
        }
        else FindExpression(text, matches);
    }

    private void FindLiteral(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        if (literal.Length == 0) return;
        for (var at = 0; text[at..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and var next; at += next + literal.Length)
            matches.Add((at + next, at + next + literal.Length));
    }

    private void FindExpression(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        try
        {
            foreach (var match in regex!.EnumerateMatches(text)) matches.Add((match.Index, match.Index + match.Length));
        }
        catch (RegexMatchTimeoutException)
        {
            throw new UserErrorException(place, $"the expression took longer than {Limit.TotalSeconds} s on {text.Length} characters of text", "use another tokenizer file");
        }
    }
}
