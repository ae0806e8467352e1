using System.Text;

namespace Attune.Augmentation;

/// <summary>A word of a prompt with what stands around it.</summary>
/// <param name="Lead">Punctuation in front of it.</param>
/// <param name="Core">The word; empty for punctuation alone.</param>
/// <param name="Trail">Punctuation behind it.</param>
/// <param name="Space">White space behind that.</param>
internal sealed record Word(string Lead, string Core, string Trail, string Space)
{
    /// <summary>Whether it may be written otherwise: a plain word, that is no name, stands in no quotation, and is not used by the answer.</summary>
    public bool IsFree { get; init; }

    /// <summary>Whether it may go, or stand elsewhere: it is free, and the sense does not turn with it, as it does with <c>not</c>.</summary>
    public bool IsLoose => IsFree && !PromptWords.Turning.Contains(Core) && !Core.EndsWith("n't", StringComparison.OrdinalIgnoreCase) && !Core.EndsWith("n’t", StringComparison.OrdinalIgnoreCase);
}

/// <summary>A prompt as words. What is no plain word (numbers, codes, addresses, names, quotations, what the answer quotes) is fixed.</summary>
internal static class PromptWords
{
    /// <summary>Words without which, or elsewhere, a sentence says something else.</summary>
    public static IReadOnlySet<string> Turning { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "no", "not", "never", "none", "nor", "neither", "nothing", "nobody", "cannot", "without", "unless", "except", "only", "but", "if", "instead", "before", "after", "more", "less", "most", "least", "than", "to", "from",
    };

    private const string Openers = "\"'`“‘«([{<", Quotes = "\"`“”«»[]{}<>";

    /// <summary>The words of a text; joined again they are the text to the letter.</summary>
    /// <param name="text">A prompt.</param>
    /// <param name="quoted">Words that the answer uses, in lower case.</param>
    public static List<Word> Of(string text, IReadOnlySet<string> quoted)
    {
        var words = new List<Word>();
        var (at, depth, begins) = (0, 0, true);
        // White space in front belongs to a word without letters, which nothing moves.
        var blanks = End(text, 0, char.IsWhiteSpace);
        if (blanks > 0)
            words.Add(new Word("", "", "", text[..(at = blanks)]));
        while (at < text.Length)
        {
            var end = End(text, at, static c => !char.IsWhiteSpace(c));
            var next = End(text, end, char.IsWhiteSpace);
            var (first, last) = (at, end);
            while (first < last && !char.IsLetterOrDigit(text[first]))
                first++;
            while (last > first && !char.IsLetterOrDigit(text[last - 1]))
                last--;
            var word = new Word(text[at..first], text[first..last], text[last..end], text[end..next]);
            var within = depth % 2 == 1 || word.Lead.Any(static c => Openers.Contains(c, StringComparison.Ordinal));
            depth += text[at..end].Count(static c => Quotes.Contains(c, StringComparison.Ordinal));
            words.Add(word with { IsFree = !within && IsPlain(word, begins) && !quoted.Contains(word.Core.ToLowerInvariant()) });
            begins = word.Space.Contains('\n', StringComparison.Ordinal) || word.Trail.AsSpan().IndexOfAny(".!?:") >= 0 || (begins && word.Core.Length == 0);
            at = next;
        }
        return words;
    }

    /// <summary>The text of words.</summary>
    public static string Join(IEnumerable<Word> words)
    {
        var text = new StringBuilder();
        foreach (var word in words)
            text.Append(word.Lead).Append(word.Core).Append(word.Trail).Append(word.Space);
        return text.ToString();
    }

    /// <summary>The text of words that were moved or taken out, without the blanks at the end that they leave.</summary>
    public static string Joined(IEnumerable<Word> words, string like)
    {
        var text = Join(words);
        return text.TrimEnd() + like[like.TrimEnd().Length..];
    }

    // Letters with apostrophes and hyphens between them. A capital within a sentence is a name's, or an abbreviation's, save that of I.
    private static bool IsPlain(Word word, bool begins) =>
        word.Core.Length > 0 && word.Core.All(static c => char.IsLetter(c) || c is '\'' or '’' or '-')
        && (begins ? word.Core.Length < 2 || !word.Core.Skip(1).Any(char.IsUpper) : !word.Core.Any(char.IsUpper) || word.Core is "I" || word.Core.StartsWith("I'", StringComparison.Ordinal));

    private static int End(string text, int from, Func<char, bool> holds)
    {
        while (from < text.Length && holds(text[from]))
            from++;
        return from;
    }
}
