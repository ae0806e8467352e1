using Attune.Problems;
using Attune.Tests.Runs;
using Microsoft.Extensions.AI;

namespace Attune.Tests;

/// <summary>A local model as an IChatClient: the contract of the abstractions, and nothing ignored.</summary>
public sealed class AttuneChatClientTests : IDisposable
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly TinyModel tiny = new();
    private readonly AttuneChatClient client;

    public AttuneChatClientTests() => client = AttuneChatClient.Open(tiny.Path, threads: 1);

    public void Dispose()
    {
        client.Dispose();
        tiny.Dispose();
    }

    [Fact]
    public async Task A_stream_is_the_answer_in_pieces_and_ends_with_usage()
    {
        var options = new ChatOptions { MaxOutputTokens = 12 };
        var whole = await client.GetResponseAsync("Where is the lamp?", options, None);
        var updates = await client.GetStreamingResponseAsync("Where is the lamp?", options, None).ToListAsync(None);
        Assert.Equal(whole.Text, string.Concat(updates.Select(static u => u.Text)));
        Assert.True(updates.Count > 2);
        var streamed = updates.ToChatResponse();
        Assert.Equal((ChatFinishReason.Length, 12L), (whole.FinishReason, whole.Usage!.OutputTokenCount));
        Assert.Equal((whole.FinishReason, whole.Usage.TotalTokenCount), (streamed.FinishReason, streamed.Usage!.TotalTokenCount));
        Assert.Equal(whole.Usage.InputTokenCount + 12, whole.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task Options_are_followed()
    {
        var greedy = (await Ask(new())).Text;
        Assert.Equal(greedy, (await Ask(new())).Text);
        Assert.NotEqual(greedy, (await Ask(new() { Temperature = 5 })).Text);
        Assert.NotEqual((await Ask(new() { Temperature = 5, Seed = 1 })).Text, (await Ask(new() { Temperature = 5, Seed = 2 })).Text);
        Assert.Equal(greedy, (await Ask(new() { TopK = 1 })).Text);
        Assert.Equal(greedy, (await Ask(new() { Temperature = 5, TopP = 1e-5f })).Text);
        var stop = greedy[3..5];
        var stopped = await Ask(new() { StopSequences = [stop] });
        Assert.Equal((greedy[..greedy.IndexOf(stop, StringComparison.Ordinal)], ChatFinishReason.Stop), (stopped.Text, stopped.FinishReason));
        Assert.True((await Ask(new() { Instructions = "Be brief." })).Usage!.InputTokenCount > (await Ask(new())).Usage!.InputTokenCount);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Ask(new() { MaxOutputTokens = 0 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Ask(new() { Temperature = -1 }));

        Task<ChatResponse> Ask(ChatOptions o)
        {
            o.MaxOutputTokens ??= 16;
            return client.GetResponseAsync("Where is the lamp?", o, None);
        }
    }

    [Fact]
    public async Task What_it_does_not_do_is_refused()
    {
        ChatOptions[] asked =
        [
            new() { Tools = [AIFunctionFactory.Create(static () => 1, "f")] }, new() { ResponseFormat = ChatResponseFormat.Json }, new() { ConversationId = "c" },
            new() { FrequencyPenalty = 1 }, new() { PresencePenalty = 1 },
        ];
        foreach (var options in asked)
            await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync("hi", options, None));
        await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync([new(ChatRole.User, [new UriContent("http://x/y.png", "image/png")])], null, None));
        await Assert.ThrowsAsync<UserErrorException>(() => client.GetResponseAsync(string.Concat(Enumerable.Repeat("lamp ", 500)), null, None));
    }

    /// <summary>Many threads at once get what each would get alone; one of them may give up while it waits.</summary>
    [Fact]
    public async Task Requests_take_turns()
    {
        string[] questions = [.. Enumerable.Range(0, 6).Select(static i => $"Where is order {i}?")];
        var options = new ChatOptions { MaxOutputTokens = 10 };
        var alone = new List<string>();
        foreach (var q in questions)
            alone.Add((await client.GetResponseAsync(q, options, None)).Text);
        using var stop = new CancellationTokenSource();
        var impatient = client.GetStreamingResponseAsync("Where?", new() { MaxOutputTokens = 100 }, stop.Token).ToListAsync(None);
        var together = questions.Select(q => Task.Run(() => client.GetResponseAsync(q, options, None), None)).ToArray();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await impatient);
        Assert.Equal(alone, (await Task.WhenAll(together)).Select(static r => r.Text));
    }

    [Fact]
    public async Task Whoever_stops_reading_stops_the_writing()
    {
        await foreach (var _ in client.GetStreamingResponseAsync("Where is the lamp?", new() { MaxOutputTokens = 150 }, None))
            break;
        // The turn is free again at once: the stream's end waited for the writer.
        Assert.Equal(1, (await client.GetResponseAsync("hi", new() { MaxOutputTokens = 1 }, None)).Usage!.OutputTokenCount);
    }

    [Fact]
    public async Task Disposal_ends_what_is_under_way_and_lets_nothing_in()
    {
        var running = client.GetResponseAsync("Where is the lamp?", new() { MaxOutputTokens = 150, Temperature = 1 }, None);
        client.Dispose();
        client.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("hi", null, None));
    }

    [Fact]
    public void Services_are_found_by_type()
    {
        Assert.Equal(("attune", "model"), (client.GetService<ChatClientMetadata>()!.ProviderName, client.GetService<ChatClientMetadata>()!.DefaultModelId));
        Assert.Same(client, client.GetService<IChatClient>());
        Assert.NotNull(client.GetService<Attune.Runs.InferenceModel>());
        Assert.Null(client.GetService<string>());
    }
}
