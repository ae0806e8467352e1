using Attune.Problems;
using Attune.Text;

namespace Attune.Data;

/// <summary>Counts what messages carry beside role and content that the chat template does not write, or no template: the model would never see it.</summary>
/// <remarks>A key is read if the text changes without it. A mention in the template proves nothing: it may stand in a branch that is never taken.</remarks>
/// <param name="spans">Renders by the template; null where there is none, which writes nothing.</param>
internal sealed class UnreadKeys(ChatSpans? spans)
{
    private const string Tools = "tools";
    private readonly SortedDictionary<string, (int Messages, int All)> counts = new(StringComparer.Ordinal);

    /// <summary>Looks at a conversation that can be rendered, or at one without a template.</summary>
    /// <param name="chat">The conversation.</param>
    /// <param name="texts">What it is rendered to; none without a template.</param>
    public void Add(Conversation chat, IReadOnlyList<RenderedChat> texts)
    {
        foreach (var key in chat.Turns.SelectMany(t => t.Extra.Keys).Distinct())
        {
            var carriers = chat.Turns.Count(t => t.Extra.ContainsKey(key));
            Count(key, carriers, IsSame(Without(chat, key), texts));
        }
        if (chat.Tools is not null) Count(Tools, 1, IsSame(chat with { Tools = null }, texts));
    }

    /// <summary>One sentence per key.</summary>
    public IEnumerable<string> Sentences()
    {
        foreach (var (key, (unread, all)) in counts.Where(c => c.Value.Messages > 0))
        {
            var carriers = key == Tools ? "row" : "message";
            var some = unread == all ? $"{unread} {carriers}{(unread == 1 ? " carries" : "s carry")}" : $"{unread} of {all} {carriers}s carry in vain";
            var lost = key == MessageReader.ReasoningKey ? ": their reasoning is not learned" : key == Tools ? ": the model is not told of its tools" : "";
            yield return $"{(spans is null ? "there is no chat template to write" : "the template does not read")} `{key}`, which {some}{lost}";
        }
    }

    private void Count(string key, int carriers, bool unread)
    {
        var (before, all) = counts.GetValueOrDefault(key);
        counts[key] = (before + (unread ? carriers : 0), all + carriers);
    }

    private bool IsSame(Conversation without, IReadOnlyList<RenderedChat> texts)
    {
        if (spans is null) return true;
        try
        {
            return texts.Count == 1 ? spans.Whole(without) == texts[0].Text
                : spans.Find(without) is { } others && others.Select(t => t.Text).SequenceEqual(texts.Select(t => t.Text));
        }
        catch (Exception e) when (e is TemplateRefusedException or UserErrorException)
        {
            // Without it the template fails: it is read.
            return false;
        }
    }

    private static Conversation Without(Conversation chat, string key) => chat with
    {
        Turns = [.. chat.Turns.Select(t => t.Extra.ContainsKey(key) ? t with { Extra = t.Extra.Where(p => p.Key != key).ToDictionary() } : t)],
    };
}
