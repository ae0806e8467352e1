using Attune.Models;
using Attune.Runs;
using Microsoft.Extensions.AI;
using TemplateMessage = Attune.Text.ChatMessage;

namespace Attune;

/// <summary>A request of <see cref="AttuneChatClient"/> in the terms of the generator: nothing of it is ignored silently.</summary>
/// <param name="Prompt">Token ids in the words of the chat template.</param>
/// <param name="Generation">How far, and how.</param>
internal sealed record ChatRequest(int[] Prompt, GenerationOptions Generation)
{
    private const int DefaultTokens = 256;

    /// <summary>Reads messages and options.</summary>
    /// <exception cref="NotSupportedException">They ask for what this client does not do.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static ChatRequest Of(ModelContext model, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        options ??= new ChatOptions();
        Refuse(options);
        var said = messages.Select(Message);
        if (options.Instructions is { Length: > 0 } instructions)
            said = said.Prepend(new TemplateMessage("system", instructions));
        return new ChatRequest(model.Prompt([.. said]), new GenerationOptions
        {
            MaxNewTokens = InRange(options.MaxOutputTokens ?? DefaultTokens, 1, 1 << 20, nameof(options.MaxOutputTokens)),
            StopIds = model.StopIds,
            StopStrings = [.. (options.StopSequences ?? []).Where(static s => s.Length > 0)],
            Sampling = Sampling(options, model),
        });
    }

    /// <summary>Why an answer ended, as the abstractions name it.</summary>
    public static ChatFinishReason ReasonOf(Generated written) => written.Reason == StopReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;

    /// <summary>Tokens read and written.</summary>
    public UsageDetails UsageOf(Generated written) => new()
    {
        InputTokenCount = Prompt.Length,
        OutputTokenCount = written.Ids.Count,
        TotalTokenCount = Prompt.Length + written.Ids.Count,
    };

    private static SamplingOptions Sampling(ChatOptions options, ModelContext model)
    {
        var own = model.Generation;
        // Whoever asks for a part of the distribution wants to draw from it.
        var usual = options.TopK is null && options.TopP is null ? (float)own.UsualTemperature : 1;
        return new SamplingOptions
        {
            Temperature = InRange(options.Temperature ?? usual, 0, 1000, nameof(options.Temperature)),
            TopK = InRange(options.TopK ?? own.TopK ?? 0, 0, int.MaxValue, nameof(options.TopK)),
            TopP = InRange(options.TopP ?? (float)(own.TopP ?? 1), 1e-6f, 1, nameof(options.TopP)),
            RepetitionPenalty = (float)(own.RepetitionPenalty ?? 1),
            // A fixed seed where none is given: the same request gets the same answer.
            Seed = options.Seed ?? 1,
        };
    }

    private static void Refuse(ChatOptions options)
    {
        (bool Asked, string What)[] unsupported =
        [
            (options.Tools is { Count: > 0 }, "tools"),
            (options.ResponseFormat is not null and not ChatResponseFormatText, "a response format"),
            (options.ConversationId is not null, "conversations kept by the client (ConversationId)"),
            (options.FrequencyPenalty is not null and not 0, "FrequencyPenalty"),
            (options.PresencePenalty is not null and not 0, "PresencePenalty"),
        ];
        if (unsupported.Any(static u => u.Asked))
            throw new NotSupportedException($"this client does not offer {string.Join(", ", unsupported.Where(static u => u.Asked).Select(static u => u.What))}");
    }

    private static TemplateMessage Message(ChatMessage message)
    {
        if (message.Contents.FirstOrDefault(static c => c is not TextContent) is { } other)
            throw new NotSupportedException($"a message holds {other.GetType().Name}; this client reads text");
        return new TemplateMessage(message.Role.Value, message.Text);
    }

    private static T InRange<T>(T value, T least, T most, string name)
        where T : IComparable<T> => value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"expected {least} to {most}");
}
