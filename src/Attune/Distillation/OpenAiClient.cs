using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Attune.Distillation;

/// <summary>A server refused a request.</summary>
/// <param name="message">What it answered, in words for a user.</param>
/// <param name="status">Its status.</param>
/// <param name="retryAfter">How long it asks to wait; null where it does not say.</param>
public sealed class ServerRefusedException(string message, HttpStatusCode status, TimeSpan? retryAfter) : HttpRequestException(message, null, status)
{
    /// <summary>How long the server asks to wait; null where it does not say.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}

/// <summary>
/// The text part of the chat completions API that OpenAI began and nearly every server speaks (llama.cpp, vLLM, Ollama and hosted
/// ones), as an <see cref="IChatClient"/>. One request, one answer: what of the options it does not send, it refuses.
/// </summary>
public sealed class OpenAiClient : IChatClient
{
    // No answer of text is nearly as long; a server that sends more is none.
    private const int LongestAnswer = 16 << 20, LongestExcerpt = 200;

    private readonly HttpClient http;
    private readonly Uri completions;
    private readonly string model;

    /// <summary>A client; nothing is sent yet.</summary>
    /// <param name="address">Where the API begins, such as <c>http://localhost:8080/v1</c>.</param>
    /// <param name="model">The model's name there.</param>
    /// <param name="key">Sent as a bearer token; null for none.</param>
    public OpenAiClient(Uri address, string model, string? key)
    {
        ArgumentNullException.ThrowIfNull(address);
        this.model = model;
        completions = new Uri(address.AbsoluteUri.TrimEnd('/') + "/chat/completions");
        // How long a request may take is the caller's affair.
        http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = LongestAnswer };
        if (!string.IsNullOrWhiteSpace(key))
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
    }

    /// <inheritdoc />
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="HttpRequestException">It cannot be reached.</exception>
    /// <exception cref="InvalidDataException">It answered something that is no completion.</exception>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        using var body = new ByteArrayContent(Request(messages, options ?? new ChatOptions()));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await PostAsync(body, cancellationToken).ConfigureAwait(false);
        var text = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
            throw Refused(answer, text);
        return Read(text);
    }

    /// <inheritdoc />
    /// <remarks>The answer comes as one piece.</remarks>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false)).ToChatResponseUpdates())
            yield return update;
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("openai", completions, model) : null;

    /// <inheritdoc />
    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> PostAsync(HttpContent body, CancellationToken cancel)
    {
        try
        {
            return await http.PostAsync(completions, body, cancel).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new HttpRequestException(e.HttpRequestError, $"{completions} cannot be reached: {e.Message}", e);
        }
    }

    private byte[] Request(IEnumerable<ChatMessage> messages, ChatOptions options)
    {
        if (options.Tools is { Count: > 0 } || options.TopK is not null || options.FrequencyPenalty is not null || options.PresencePenalty is not null || options.ResponseFormat is not null and not ChatResponseFormatText)
            throw new NotSupportedException("this client sends no tools, top-k, penalties or response formats");
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("model", options.ModelId ?? model);
            json.WriteStartArray("messages");
            foreach (var message in messages)
            {
                json.WriteStartObject();
                json.WriteString("role", message.Role.Value);
                json.WriteString("content", message.Text);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            if (options.MaxOutputTokens is { } most)
                json.WriteNumber("max_tokens", most);
            if (options.Temperature is { } temperature)
                json.WriteNumber("temperature", temperature);
            if (options.TopP is { } share)
                json.WriteNumber("top_p", share);
            if (options.Seed is { } seed)
                json.WriteNumber("seed", seed);
            if (options.StopSequences is { Count: > 0 } stops)
            {
                json.WriteStartArray("stop");
                foreach (var stop in stops)
                    json.WriteStringValue(stop);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private ChatResponse Read(byte[] utf8)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8);
            var choice = json.RootElement.GetProperty("choices")[0];
            var content = choice.GetProperty("message").GetProperty("content");
            var tokens = json.RootElement.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object && usage.TryGetProperty("completion_tokens", out var count)
                && count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out var written) ? written : (long?)null;
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, content.GetString() ?? ""))
            {
                ModelId = model,
                FinishReason = choice.TryGetProperty("finish_reason", out var reason) && reason.GetString() is { Length: > 0 } why ? new ChatFinishReason(why) : null,
                Usage = new UsageDetails { OutputTokenCount = tokens },
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException)
        {
            throw new InvalidDataException($"{completions} answers what is no chat completion: {Excerpt(utf8)}", e);
        }
    }

    private ServerRefusedException Refused(HttpResponseMessage answer, byte[] utf8)
    {
        var wait = answer.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date - DateTimeOffset.UtcNow) : null;
        // A server that is to be believed for a day would hold the run for a day.
        var within = wait is { } w ? TimeSpan.FromSeconds(Math.Clamp(w.TotalSeconds, 0, 300)) : (TimeSpan?)null;
        var code = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        return new ServerRefusedException($"{completions} refuses with status {code}: {Said(utf8)}", answer.StatusCode, within);
    }

    // {"error": {"message": …}}, or whatever else it sent.
    private static string Said(byte[] utf8)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8);
            var error = json.RootElement.GetProperty("error");
            if ((error.ValueKind == JsonValueKind.Object ? error.GetProperty("message") : error).GetString() is { Length: > 0 } message)
                return OneLine(message);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // Not in the usual form: shown as it came.
        }
        return Excerpt(utf8);
    }

    private static string Excerpt(byte[] utf8) => utf8.Length == 0 ? "(nothing)" : OneLine(System.Text.Encoding.UTF8.GetString(utf8, 0, Math.Min(utf8.Length, LongestExcerpt)));

    private static string OneLine(string text)
    {
        var line = string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c)).Trim();
        return line.Length <= LongestExcerpt ? line : line[..LongestExcerpt] + "…";
    }
}
