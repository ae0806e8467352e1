using Attune.Data;

namespace Attune.Augmentation;

/// <summary>All that is asked already: by the rows given, by rows made before, and by those that were made just now.</summary>
/// <param name="near">Whether somebody will ask how near a prompt is to all others, which takes an index of their words.</param>
internal sealed class KnownPrompts(bool near)
{
    private readonly HashSet<string> texts = new(StringComparer.Ordinal);
    private readonly HashSet<ulong> keys = [];

    /// <summary>The prompts of single turns, for methods that ask how near a new one is.</summary>
    public NearPrompts Near { get; } = new();

    /// <summary>Adds what a row asks.</summary>
    /// <param name="chat">The row.</param>
    /// <param name="isGiven">Whether other rows may not ask the same in other order, capitals or punctuation; so it is with rows that were given.</param>
    public void Add(Conversation chat, bool isGiven)
    {
        texts.Add(TextOf(chat));
        if (isGiven)
            keys.Add(PromptKey.Of(chat));
        if (near && chat.Turns.LastOrDefault(static t => t.Role == "user") is { } asked)
            Near.Add(asked.Content);
    }

    /// <summary>Why a new row is none; null where it is.</summary>
    /// <param name="chat">What it says.</param>
    /// <param name="parent">The key of its parent, whose words it may have.</param>
    public string? Judge(Conversation chat, ulong parent) => texts.Contains(TextOf(chat)) ? "is there already"
        : PromptKey.Of(chat) is var key && key != parent && keys.Contains(key) ? "asks what another row asks" : null;

    // Letter for letter, with roles told apart.
    private static string TextOf(Conversation chat) => string.Join('\u001e', chat.Turns.Where(static t => !t.Trained && t.Role != "system").Select(static t => $"{t.Role}\u001f{t.Content}"));
}
