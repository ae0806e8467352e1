using System.Text;
using Attune.Models;
using Attune.Text;

namespace Attune.Runs;

/// <summary>A conversation with a model: keeps what was said, and leaves the oldest out where it no longer fits.</summary>
/// <param name="model">The model; it has a chat template.</param>
/// <param name="options">How answers are written.</param>
/// <param name="system">System message, or null.</param>
public sealed class Conversation(InferenceModel model, GenerationOptions options, string? system)
{
    private readonly List<ChatMessage> messages = [.. Opening(system)];

    /// <summary>All that was said, the system message first.</summary>
    public IReadOnlyList<ChatMessage> Messages => messages;

    /// <summary>The system message, or null.</summary>
    public string? System { get; private set; } = system;

    /// <summary>Tokens that prompt and answer may have together.</summary>
    public int Positions => model.Decoder.Spec.MaxPositions;

    /// <summary>Forgets what was said.</summary>
    public void Begin(string? systemMessage)
    {
        System = systemMessage;
        messages.Clear();
        messages.AddRange(Opening(systemMessage));
    }

    /// <summary>
    /// Says something and keeps the answer; of one that is cancelled what was written so far. A message that cannot be answered at all is taken back.
    /// </summary>
    /// <param name="text">The user's message.</param>
    /// <param name="onText">Gets the answer piece by piece.</param>
    /// <param name="cancel">Ends the answer.</param>
    /// <returns>How many of the oldest messages were left out of what the model read.</returns>
    public int Say(string text, Action<string>? onText, CancellationToken cancel)
    {
        messages.Add(new ChatMessage("user", text));
        var answer = new StringBuilder();
        try
        {
            var (prompt, left) = Prompt();
            var written = model.Generate([prompt], options, (_, piece) =>
            {
                answer.Append(piece);
                onText?.Invoke(piece);
            }, cancel)[0];
            messages.Add(new ChatMessage("assistant", written.Text));
            return left;
        }
        catch (OperationCanceledException)
        {
            messages.Add(new ChatMessage("assistant", answer.ToString()));
            throw;
        }
        catch
        {
            messages.RemoveAt(messages.Count - 1);
            throw;
        }
    }

    private (int[] Ids, int Left) Prompt()
    {
        // The answer is left a quarter of the positions at the most: a long limit must not push the whole conversation out.
        var room = Positions - Math.Min(options.MaxNewTokens, Positions / 4);
        var opening = System is null ? 0 : 1;
        for (var left = 0; ; left += 2)
        {
            var ids = model.Context.Prompt([.. messages.Take(opening), .. messages.Skip(opening + left)]);
            if (ids.Length <= room || opening + left + 2 >= messages.Count)
                return (ids, left);
        }
    }

    private static IEnumerable<ChatMessage> Opening(string? system) => system is null ? [] : [new ChatMessage("system", system)];
}
