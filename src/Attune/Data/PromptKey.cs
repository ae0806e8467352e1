namespace Attune.Data;

/// <summary>The key under which near-duplicates meet: what a row asks, without case, punctuation, word order and repetition.</summary>
internal static class PromptKey
{
    /// <summary>The group of a conversation: of what is given to the model, or of the whole text where nothing is.</summary>
    public static ulong Of(Conversation chat)
    {
        var given = chat.Turns.Where(t => !t.Trained && t.Role != "system").Select(t => t.Content);
        var text = chat.Kind == ConversationKind.Document ? chat.Turns[0].Content : string.Join(' ', given);
        return Mixing.Hash(Normalise(text));
    }

    /// <summary>The distinct words of a text in alphabetical order; the text itself if it has none.</summary>
    internal static string Normalise(string text)
    {
        var letters = string.Create(text.Length, text, (span, source) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = char.IsLetterOrDigit(source[i]) || char.IsSurrogate(source[i]) ? char.ToLowerInvariant(source[i]) : ' ';
        });
        var words = letters.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 0 ? text : string.Join(' ', words.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }
}
