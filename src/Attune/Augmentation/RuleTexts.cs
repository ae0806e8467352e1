using Attune.Evaluation.Metrics;

namespace Attune.Augmentation;

/// <summary>The texts of a row, as rules see them.</summary>
/// <param name="Asked">What users say.</param>
/// <param name="Answered">What is learned.</param>
/// <param name="Elsewhere">All else that the row shows or teaches and that no rule changes: system message, tools, what tools answered.</param>
internal sealed record RuleTexts(IReadOnlyList<string> Asked, IReadOnlyList<string> Answered, string Elsewhere)
{
    // Words that stand in nearly every text: that an answer holds one of them says nothing about the prompt.
    private static readonly HashSet<string> Common = new(StringComparer.Ordinal)
    {
        "a", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "him", "his", "how", "i", "if", "in", "is",
        "it", "its", "me", "my", "of", "on", "or", "our", "she", "so", "some", "that", "the", "their", "them", "then", "there", "they", "this", "to", "up", "us", "was", "we", "were", "what", "when", "where",
        "which", "who", "why", "will", "with", "would", "you", "your",
    };

    private HashSet<string>? quoted;

    /// <summary>Whether a word, in lower case, stands in nearly every text.</summary>
    public static bool IsCommon(string word) => Common.Contains(word);

    /// <summary>Words that an answer or the rest of the row uses too, in lower case: what an answer may have taken from the prompt must stay there.</summary>
    public IReadOnlySet<string> Quoted => quoted ??= [.. Answered.Append(Elsewhere).SelectMany(WordOverlap.Words).Where(static w => !Common.Contains(w))];
}

/// <summary>A way of making another row of one without a model.</summary>
internal interface IRule
{
    /// <summary>The texts of the new row; null where there is nothing that it may change.</summary>
    /// <param name="row">The parent's texts; as many come back, in their order.</param>
    /// <param name="alpha">The part of the words that is changed, above 0 and at most 1.</param>
    /// <param name="draw">Random numbers.</param>
    /// <param name="values">What the answers of all rows copy out of their prompts.</param>
    RuleTexts? Apply(RuleTexts row, double alpha, Draw draw, CopiedValues values);
}

/// <summary>A rule that changes each prompt by itself; answers stay to the byte.</summary>
internal abstract class PromptRule : IRule
{
    /// <inheritdoc />
    public RuleTexts? Apply(RuleTexts row, double alpha, Draw draw, CopiedValues values)
    {
        string[] asked = [.. row.Asked.Select(text => Change(text, row.Quoted, alpha, draw) ?? text)];
        return asked.SequenceEqual(row.Asked, StringComparer.Ordinal) ? null : row with { Asked = asked };
    }

    /// <summary>The changed text; null where there is nothing that may be changed.</summary>
    /// <param name="text">A prompt.</param>
    /// <param name="quoted">Words that must stay as they are, in lower case.</param>
    /// <param name="alpha">The part of the words.</param>
    /// <param name="draw">Random numbers.</param>
    protected abstract string? Change(string text, IReadOnlySet<string> quoted, double alpha, Draw draw);

    /// <summary>α · words, rounded, at least one: n of the paper.</summary>
    protected static int Count(double alpha, int words) => Math.Max(1, (int)Math.Round(alpha * words));
}
