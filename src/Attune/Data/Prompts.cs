using Attune.Text;

namespace Attune.Data;

/// <summary>Prompts of inference, made with the very code that makes training rows.</summary>
public static class Prompts
{
    /// <summary>A conversation that every template can write; one that refuses it has no stop token to tell.</summary>
    internal static Conversation Probe { get; } = new("probe", 1, ConversationKind.Chat, [new Turn("user", "a", false), new Turn("assistant", "b", true)]);

    /// <summary>The ids of a rendered prompt: one BOS at the most, no end token.</summary>
    public static int[] Encode(Tokenizer tokenizer, string text) => new Masker(tokenizer, new HashSet<int>()).EncodeRendered(text).Ids;

    /// <summary>The ids that end an answer: the model's end ids, and the stop token that the template writes behind one.</summary>
    public static IReadOnlyList<int> StopIds(Tokenizer tokenizer, ChatTemplate? template, IReadOnlyCollection<int> endIds)
    {
        var builder = new ExampleBuilder(tokenizer, template, new DataOptions { MaxLength = int.MaxValue, EosIds = endIds });
        if (template is not null) builder.Build(Probe, new ProblemList());
        return [.. builder.StopIds];
    }
}
