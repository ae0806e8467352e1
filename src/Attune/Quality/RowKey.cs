using Attune.Data;

namespace Attune.Quality;

/// <summary>
/// What a row asks and what it answers, 64 bits each, by a hash of the normalised text: lower case, every run of white space one blank, none at the
/// ends; punctuation counts. System messages and tools belong to what is asked; tool calls, reasoning and whatever else a turn carries count where
/// the turn does.
/// </summary>
/// <remarks>Two rows that differ have equal keys with a chance of 2⁻¹²⁸ a pair: 10⁻²⁴ for a file of ten million rows.</remarks>
internal readonly record struct RowKey(ulong Prompt, ulong Answer)
{
    /// <summary>The key of a conversation.</summary>
    public static RowKey Of(Conversation chat)
    {
        var (prompt, answer) = (new TextHash(), new TextHash());
        if (chat.Tools is { } tools) prompt.Part('#', tools.ToJsonString());
        foreach (var turn in chat.Turns)
        {
            ref var hash = ref turn.Trained ? ref answer : ref prompt;
            hash.Part(turn.Role.Length == 0 ? ' ' : turn.Role[0], turn.Content);
            foreach (var (name, value) in turn.Extra) hash.Part('+', $"{name} {value?.ToJsonString()}");
        }
        return new RowKey(prompt.Value, answer.Value);
    }
}

/// <summary>A running hash of normalised text: FNV-1a over UTF-16 units, then mixed.</summary>
internal struct TextHash()
{
    // No character of a text: parts cannot run into each other.
    private const char Border = '\uFFFF';

    private ulong state = 0xCBF29CE484222325UL;

    /// <summary>The hash of all parts.</summary>
    public readonly ulong Value => Mixing.Bits(state, 0);

    /// <summary>Adds a text of a kind.</summary>
    public void Part(char kind, string text)
    {
        Add(Border);
        Add(kind);
        var blank = false;
        foreach (var c in text.AsSpan().Trim())
        {
            var white = char.IsWhiteSpace(c);
            if (!white) Add(char.ToLowerInvariant(c));
            else if (!blank) Add(' ');
            blank = white;
        }
    }

    private void Add(char c) => state = (state ^ c) * 0x100000001B3UL;
}
