using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Attune.Problems;
using Microsoft.Extensions.AI;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Attune.Distillation;

/// <summary>How a teacher behind a chat client is asked.</summary>
public sealed record ChatTeacherOptions
{
    /// <summary>Answers to each row.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>What a request says beside the messages. Answer s of row r is drawn with the seed Seed + r · Samples + s.</summary>
    public ChatOptions Request { get; init; } = new();

    /// <summary>Requests under way at once.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>How long one request may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How often a request is tried again that failed for a reason that may pass.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>Wait before the first of these; each further one is twice as long, up to a minute, unless the server says how long.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What else decides the answers, for the log of them, such as the server's address.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings { get; init; } = [];
}

/// <summary>A teacher behind any chat client: requests at once, timeouts, and further tries where a failure may pass.</summary>
/// <param name="client">The client; stays the caller's.</param>
/// <param name="name">What rows call the teacher, and errors too.</param>
/// <param name="options">How it is asked.</param>
/// <param name="clock">Waits; null for the system's clock.</param>
public sealed class ChatTeacher(IChatClient client, string name, ChatTeacherOptions options, TimeProvider? clock = null) : IAnswerTeacher
{
    private readonly ResiliencePipeline pipeline = Pipeline(options, clock ?? TimeProvider.System);
    private volatile bool hasAnswered;

    /// <inheritdoc />
    public string Name => name;

    /// <inheritdoc />
    public IReadOnlyList<(string Name, string Value)> Settings =>
    [
        ("teacher", name), .. options.Settings, ("samples", Text(options.Samples)), ("temperature", Text(options.Request.Temperature)), ("top-p", Text(options.Request.TopP)),
        ("max-new-tokens", Text(options.Request.MaxOutputTokens)), ("stop", string.Join('\u001f', options.Request.StopSequences ?? [])), ("seed", Text(options.Request.Seed)),
    ];

    /// <inheritdoc />
    public async IAsyncEnumerable<RowAnswers> AnswerAsync(IReadOnlyList<PromptRow> rows, int from, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var free = new SemaphoreSlim(options.Parallel);
        var ahead = new Queue<Task<RowAnswers>>();
        try
        {
            for (var next = from; next < rows.Count || ahead.Count > 0;)
            {
                for (; next < rows.Count && ahead.Count < options.Parallel; next++)
                    ahead.Enqueue(RowAsync(rows[next], next, free, stop.Token));
                yield return await ahead.Peek().ConfigureAwait(false);
                _ = ahead.Dequeue();
            }
        }
        finally
        {
            // Nothing goes on behind the back of whoever stopped reading.
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(ahead)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<RowAnswers> RowAsync(PromptRow row, int index, SemaphoreSlim free, CancellationToken cancel)
    {
        if (row.Chat.Tools is not null || row.Prompt.Any(static t => t.Extra.ContainsKey("tool_calls")))
            return new RowAnswers([], "it has tools, which only a local teacher is shown");
        var messages = row.Prompt.Select(static t => new ChatMessage(new ChatRole(t.Role), t.Content)).ToArray();
        var answers = Enumerable.Range(0, options.Samples).Select(s => AskAsync(messages, (long)index * options.Samples + s, free, cancel)).ToArray();
        try
        {
            return new RowAnswers(await Task.WhenAll(answers).ConfigureAwait(false));
        }
        catch (HttpRequestException e) when (hasAnswered && IsOfTheRow(e))
        {
            return new RowAnswers([], e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Lost(e, row);
        }
    }

    private async Task<TeacherAnswer> AskAsync(ChatMessage[] messages, long draw, SemaphoreSlim free, CancellationToken cancel)
    {
        var request = options.Request.Clone();
        request.Seed += draw;
        await free.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var said = await pipeline.ExecuteAsync(async stop => await client.GetResponseAsync(messages, request, stop).ConfigureAwait(false), cancel).ConfigureAwait(false);
            hasAnswered = true;
            var tokens = said.Usage?.OutputTokenCount ?? 0;
            return new TeacherAnswer(said.Text, said.FinishReason == ChatFinishReason.Stop, (int)Math.Clamp(tokens, 0, int.MaxValue));
        }
        finally
        {
            free.Release();
        }
    }

    private static ResiliencePipeline Pipeline(ChatTeacherOptions options, TimeProvider clock)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = clock };
        if (options.Retries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = static tried => ValueTask.FromResult(tried.Outcome.Exception is { } e && MayPass(e)),
                MaxRetryAttempts = options.Retries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = options.Wait,
                MaxDelay = TimeSpan.FromMinutes(1),
                DelayGenerator = static tried => ValueTask.FromResult((tried.Outcome.Exception as ServerRefusedException)?.RetryAfter),
            });
        }
        return builder.AddTimeout(options.Timeout).Build();
    }

    // No connection, no time, too many requests, a fault of the server, or an answer that is none.
    private static bool MayPass(Exception e) => e switch
    {
        HttpRequestException http => http.StatusCode is null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError,
        TimeoutRejectedException or InvalidDataException => true,
        _ => false,
    };

    // The server understood who asks and for what, and refuses this request: too long a prompt, say.
    private static bool IsOfTheRow(HttpRequestException e) =>
        e.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity;

    private Exception Lost(Exception e, PromptRow row)
    {
        var again = options.Retries == 1 ? "1 further try" : string.Create(CultureInfo.InvariantCulture, $"{options.Retries} further tries");
        return e switch
        {
            HttpRequestException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => new UserErrorException(name, e.Message, "set the server's key in the environment variable that --api-key-env names"),
            HttpRequestException { StatusCode: HttpStatusCode.NotFound } => new UserErrorException(name, e.Message, "check the address (it mostly ends in /v1) and the model's name"),
            HttpRequestException http when !MayPass(http) => new UserErrorException($"{name}, {row.Id}", e.Message, "check the request: address, model's name, options"),
            TimeoutRejectedException => new RunFailedException(new Problem(name, string.Create(CultureInfo.InvariantCulture, $"gives no answer within {options.Timeout.TotalSeconds:0.#} s, after {again}"), "give it more time (--timeout), or fewer requests at once (--parallel)"), e),
            HttpRequestException or InvalidDataException => new RunFailedException(new Problem(name, $"{e.Message}, after {again}", "check that the server runs and that the address is its own"), e),
            _ => new RunFailedException(new Problem(name, $"the client fails: {e.Message}", "check the client"), e),
        };
    }

    private static string Text<T>(T? value) => string.Create(CultureInfo.InvariantCulture, $"{value}");
}
