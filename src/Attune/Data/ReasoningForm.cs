using System.Text.Json.Nodes;
using Attune.Problems;
using Attune.Text;

namespace Attune.Data;

/// <summary>Where a chat template wants an answer's reasoning: under one of the names that are in use, or before the answer between think tags.</summary>
/// <remarks>Found by rendering, not by looking for words in the template: what counts is whether the reasoning reaches the model.</remarks>
internal sealed class ReasoningForm
{
    private const string Probe = "Qx7reasoning";
    private readonly string? key;
    private readonly bool inline;

    private ReasoningForm(string? key, bool inline) => (this.key, this.inline) = (key, inline);

    /// <summary>What a user should know: null where the data's reasoning is read under its usual name, or not at all.</summary>
    public string? Note => inline ? "is written before the answer, between <think> and </think>" : key == MessageReader.ReasoningKey ? null : $"goes under `{key}`";

    /// <summary>The form of a template.</summary>
    /// <param name="source">The template's text.</param>
    /// <param name="render">Renders a conversation.</param>
    public static ReasoningForm Of(string source, Func<Conversation, string> render)
    {
        foreach (var name in MessageReader.ReasoningKeys)
        {
            if (Reaches(render, new Turn("assistant", "b", true) { Extra = Under(name, Probe) })) return new ReasoningForm(name, false);
        }
        // A template that knows the tags takes them apart itself; to another they would be words of the answer.
        return source.Contains("</think>", StringComparison.Ordinal) && Reaches(render, new Turn("assistant", Inline(Probe, "b"), true))
            ? new ReasoningForm(null, true) : new ReasoningForm(MessageReader.ReasoningKey, false);
    }

    /// <summary>The conversation with its reasoning where the template reads it.</summary>
    public Conversation Apply(Conversation chat) => Note is null ? chat : chat with { Turns = [.. chat.Turns.Select(Apply)] };

    private Turn Apply(Turn turn)
    {
        if (turn.Extra.GetValueOrDefault(MessageReader.ReasoningKey) is not { } reasoning) return turn;
        var rest = turn.Extra.Where(p => p.Key != MessageReader.ReasoningKey);
        return inline
            ? turn with { Content = Inline(reasoning.GetValue<string>(), turn.Content), Extra = rest.ToDictionary() }
            : turn with { Extra = rest.Append(KeyValuePair.Create<string, JsonNode?>(key!, reasoning)).ToDictionary() };
    }

    private static string Inline(string reasoning, string answer) => $"<think>\n{reasoning.Trim()}\n</think>\n\n{answer}";

    private static Dictionary<string, JsonNode?> Under(string key, string text) => new() { [key] = JsonValue.Create(text) };

    private static bool Reaches(Func<Conversation, string> render, Turn answer)
    {
        try
        {
            return render(new Conversation("probe", 1, ConversationKind.Chat, [new Turn("user", "a", false), answer])).Contains(Probe, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is TemplateRefusedException or UserErrorException)
        {
            return false;
        }
    }
}
