using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary>How a conversation becomes text.</summary>
public enum ConversationKind
{
    /// <summary>Turns with roles: only a chat template knows how to write them.</summary>
    Chat,

    /// <summary>One prompt and its completion: by the template as user and assistant, or without one as they stand, followed by the end token.</summary>
    Completion,

    /// <summary>Running text without roles, trained as a whole and followed by the end token. Never goes through a template.</summary>
    Document,
}

/// <summary>One message of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Content">What is said; may be empty only beside tool calls.</param>
/// <param name="Trained">Whether the model learns to write this turn; only an assistant's can be.</param>
public sealed record Turn(string Role, string Content, bool Trained)
{
    /// <summary>What a template may want beside role and content (<c>tool_calls</c>, <c>reasoning_content</c>, <c>name</c>).</summary>
    public IReadOnlyDictionary<string, JsonNode?> Extra { get; init; } = new Dictionary<string, JsonNode?>();
}

/// <summary>One row of a data set in the only form in which anything is trained: turns, of which some are learned.</summary>
/// <param name="File">The name of the file it came from.</param>
/// <param name="Row">The row's number there, from 1.</param>
/// <param name="Kind">How it becomes text.</param>
/// <param name="Turns">The turns in order; a completion has a prompt and an answer (after a system message, if any), a document has one turn.</param>
public sealed record Conversation(string File, int Row, ConversationKind Kind, IReadOnlyList<Turn> Turns)
{
    /// <summary>The tools that the template is to describe, as the row gives them; null for none.</summary>
    public JsonNode? Tools { get; init; }

    /// <summary>The rows that it was made of, by their prompts' keys; none where augmentation did not make it.</summary>
    public IReadOnlyList<ulong> Parents { get; init; } = [];

    /// <summary>How an error names the row.</summary>
    public string Place => $"{File}, row {Row}";
}
