using Attune.Text;

namespace Attune.Data;

/// <summary>Where an answer stands in a rendered conversation, in UTF-16 positions.</summary>
/// <param name="Turn">Index of the message.</param>
/// <param name="Start">Where generation would begin: behind all that the template writes before an answer.</param>
/// <param name="ContentEnd">Behind the answer's content (and in front of tool calls and of the end-of-turn token).</param>
/// <param name="Limit">Where the turn is over at the latest.</param>
/// <param name="HasCalls">Whether tool calls follow the content, which may be written with special tokens of their own.</param>
internal readonly record struct AnswerSpan(int Turn, int Start, int ContentEnd, int Limit, bool HasCalls);

/// <summary>A rendered conversation and its answers that are to be learned.</summary>
internal sealed record RenderedChat(string Text, IReadOnlyList<AnswerSpan> Answers);

/// <summary>
/// Finds the answers in a conversation by rendering it step by step, which works for every template: the text up to an answer is the
/// rendering of the messages before it with the generation prompt.
/// </summary>
internal sealed class ChatSpans(ChatTemplate template, string? bosText, string? eosText)
{
    // Put behind an answer's content, it shows in a rendering where the content ends, whatever the template trims or adds.
    private const string Mark = "\uE0A7\uE0A8";

    /// <summary>The day that a template sees which writes today's date: always the same, or tomorrow's run would train on other text.</summary>
    public static DateTimeOffset Day { get; } = new(2024, 7, 26, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A clock that stands still on that day.</summary>
    public static TimeProvider Clock => StoppedClock.Instance;

    /// <summary>
    /// The conversation as one text; or, where the template does not write an earlier answer as it would have been generated (it drops
    /// reasoning, say), one text per answer. Null where not even that agrees with the generation prompt.
    /// </summary>
    public IReadOnlyList<RenderedChat>? Find(Conversation chat)
    {
        var trained = Enumerable.Range(0, chat.Turns.Count).Where(i => chat.Turns[i].Trained).ToList();
        var messages = chat.Turns.Select(Message).ToList();
        if (One(chat, messages, trained) is { } whole) return [whole];
        var parts = new List<RenderedChat>();
        foreach (var i in trained)
        {
            if (One(chat, messages[..(i + 1)], [i]) is not { } part) return null;
            parts.Add(part);
        }
        return parts;
    }

    /// <summary>The whole conversation as one text, whether or not its answers can be told from their prompts in it.</summary>
    public string Whole(Conversation chat) => Render(chat, [.. chat.Turns.Select(Message)], generate: false);

    /// <summary>True if the template writes the same with and without the generation prompt after these many messages.</summary>
    public bool IgnoresGenerationPrompt(Conversation chat, int messages)
    {
        var before = chat.Turns.Take(messages).Select(Message).ToList();
        return Render(chat, before, generate: true) == Render(chat, before, generate: false);
    }

    private RenderedChat? One(Conversation chat, List<ChatMessage> messages, List<int> trained)
    {
        var full = Render(chat, messages, generate: false);
        var answers = new List<AnswerSpan>();
        foreach (var i in trained)
        {
            if (Span(chat, messages, i, full) is not { } span) return null;
            answers.Add(span);
        }
        return new RenderedChat(full, answers);
    }

    private AnswerSpan? Span(Conversation chat, List<ChatMessage> messages, int i, string full)
    {
        var start = Render(chat, messages[..i], generate: true) is var before && full.StartsWith(before, StringComparison.Ordinal) ? before.Length : -1;
        if (start < 0) return null;
        var through = i == messages.Count - 1 ? full : Render(chat, messages[..(i + 1)], generate: false);
        var marked = Render(chat, [.. messages[..i], messages[i] with { Content = messages[i].Content + Mark }], generate: false);
        var at = marked.LastIndexOf(Mark, StringComparison.Ordinal);
        // A template may leave the content of a message with tool calls out; the end of the turn is then looked for from its start.
        var end = at < 0 ? start : through.Length - (marked.Length - at - Mark.Length);
        // Where there are calls alone, a template may write the line end of the generation prompt only in front of the next that comes.
        if (messages[i].Content.Length == 0) end = Math.Max(start, end);
        if (end < start || !full.AsSpan().StartsWith(through.AsSpan(0, end))) return null;
        return new AnswerSpan(i, start, end, full.AsSpan().CommonPrefixLength(through), chat.Turns[i].Extra.ContainsKey("tool_calls"));
    }

    private string Render(Conversation chat, IReadOnlyList<ChatMessage> messages, bool generate) => template.Render(messages, new ChatOptions
    {
        AddGenerationPrompt = generate,
        BosToken = bosText,
        EosToken = eosText,
        Tools = chat.Tools,
        Clock = StoppedClock.Instance,
    });

    private static ChatMessage Message(Turn turn) => new(turn.Role, turn.Content) { Extra = turn.Extra };

    /// <summary>A clock that stands at <see cref="Day"/>.</summary>
    internal sealed class StoppedClock : TimeProvider
    {
        public static readonly StoppedClock Instance = new();

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => Day;
    }
}
