using Attune.Evaluation.Metrics;

namespace Attune.Augmentation;

/// <summary>All prompts that are there, and whether another one is near one of them: ROUGE-L of 0.7 or more (Wang et al. 2023).</summary>
/// <remarks>
/// ROUGE-L is at most 2 · shared / (words of both), shared being the words that both have, as often as both have them; only those prompts are
/// compared in full that reach the border so, found by an index of words. The result is that of comparing all.
/// </remarks>
internal sealed class NearPrompts
{
    private const double Near = 0.7;

    private readonly List<(string Text, int Words)> prompts = [];
    private readonly Dictionary<(string Word, int Copy), List<int>> holders = [];

    /// <summary>Adds a prompt.</summary>
    public void Add(string text)
    {
        var words = Copies(text).ToArray();
        foreach (var word in words)
            (holders.TryGetValue(word, out var list) ? list : holders[word] = []).Add(prompts.Count);
        prompts.Add((text, words.Length));
    }

    /// <summary>Why the text is no new prompt; null where it is.</summary>
    /// <param name="text">A prompt.</param>
    /// <param name="save">A prompt that it may be near to; null for none.</param>
    public string? Judge(string text, string? save)
    {
        var (shared, count) = (new Dictionary<int, int>(), 0);
        foreach (var word in Copies(text))
        {
            count++;
            foreach (var i in holders.GetValueOrDefault(word) ?? [])
                shared[i] = shared.GetValueOrDefault(i) + 1;
        }
        return shared.Any(s => 2.0 * s.Value >= Near * (count + prompts[s.Key].Words) && prompts[s.Key].Text != save && WordOverlap.RougeL(prompts[s.Key].Text, text) >= Near)
            ? "too near to another prompt (ROUGE-L of 0.7 or more)" : null;
    }

    // The second time that a word comes it is another word, so that an index of words counts them as often as both texts have them.
    private static IEnumerable<(string Word, int Copy)> Copies(string text)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var word in WordOverlap.Words(text))
            yield return (word, seen[word] = seen.GetValueOrDefault(word) + 1);
    }
}
