using Attune.Data;
using Attune.Evaluation.Metrics;

namespace Attune.Augmentation;

/// <summary>What is wrong with prompts that a model wrote, as an end of "dropped: …".</summary>
internal static class Judgement
{
    /// <summary>Characters by which a length may differ whatever it is.</summary>
    public const int Slack = 40;

    private const double Varied = 0.3;

    // What models write of themselves and of the work, in the place of the work.
    private static readonly string[] Chatter = ["as an ai ", "language model", "in other words:", "rewritten version", "###"], Announcements = ["here is ", "here's ", "sure, ", "sure! ", "certainly! "];

    /// <summary>A prompt that is to say what its parent says, so that the answer stays true.</summary>
    public static string? OfRewriting(Job job, string prompt)
    {
        var parent = job.Parent.Prompt;
        return OfLength(prompt, parent.Length / 3, parent.Length * 3 + Slack) ?? OfText(prompt)
            ?? (PromptKey.Normalise(prompt) == PromptKey.Normalise(parent) ? "says it in its parent's words" : null)
            ?? (Lost(job, prompt) ? "lost a number, or what the answer takes from the prompt" : null);
    }

    /// <summary>Whether the length is within bounds.</summary>
    public static string? OfLength(string prompt, int least, int most) => prompt.Length < Math.Max(1, least) ? "too short" : prompt.Length > most ? "too long" : null;

    /// <summary>Whether it is a text, and not about the work.</summary>
    public static string? OfText(string prompt)
    {
        var words = WordOverlap.Words(prompt);
        return words.Count == 0 ? "has no words"
            : words.Count >= 10 && words.Distinct(StringComparer.Ordinal).Count() < Varied * words.Count ? "repeats itself"
            : Chatter.Any(c => prompt.Contains(c, StringComparison.OrdinalIgnoreCase)) || Announcements.Any(a => prompt.StartsWith(a, StringComparison.OrdinalIgnoreCase)) ? "speaks of the work" : null;
    }

    // Tokens with digits stay in any case; others where the answer has them with a capital or a digit: names and codes.
    private static bool Lost(Job job, string prompt)
    {
        var left = Tokens.Of(prompt).Select(static t => t.Text).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var answers = job.Parent.Texts.Answered.Append(job.Parent.Answer).SelectMany(Tokens.Of).Select(static t => t.Text).ToHashSet(StringComparer.Ordinal);
        return Tokens.Of(job.Parent.Prompt).Any(t => (t.Text.Any(char.IsDigit) || (char.IsUpper(t.Text[0]) && answers.Contains(t.Text) && !RuleTexts.IsCommon(t.Text.ToLowerInvariant()))) && !left.Contains(t.Text));
    }
}
