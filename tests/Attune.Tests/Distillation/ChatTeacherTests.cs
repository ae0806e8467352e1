using System.Text.Json;
using Attune.Distillation;
using Attune.Problems;
using Microsoft.Extensions.AI;

namespace Attune.Tests.Distillation;

/// <summary>A teacher behind a server that behaves well, badly, slowly, or not at all.</summary>
public class ChatTeacherTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private static readonly PromptRow[] Rows = [.. Enumerable.Range(1, 9).Select(static i => PromptRow.Of("p.txt", i, $"question {i}"))];

    [Fact]
    public async Task Answers_come_in_the_order_of_the_rows_each_draw_with_a_seed_of_its_own()
    {
        var seen = new List<(long Seed, string Text)>();
        using var server = new LoopbackServer((request, n) =>
        {
            var text = Content(request);
            lock (seen)
                seen.Add((request.GetProperty("seed").GetInt64(), text));
            // The first to come are the last to be answered.
            return Reply.Of($"answer to {text}", n % 2 == 0 ? "stop" : "length") with { DelayMilliseconds = Math.Max(0, 60 - 10 * n) };
        });
        var said = await Ask(server, new ChatTeacherOptions { Samples = 2, Parallel = 4, Request = new ChatOptions { Seed = 100, Temperature = 0.5f, MaxOutputTokens = 7 } }, key: "secret");
        Assert.Equal(Rows.Select(static r => $"answer to {r.Chat.Turns[0].Content}"), said.Select(static r => r.Answers[0].Text));
        Assert.All(said, static r => Assert.Equal((2, 3), (r.Answers.Count, r.Answers[1].Tokens)));
        Assert.Equal(9, said.Sum(static r => r.Answers.Count(static a => a.Stopped)));
        Assert.Equal(Enumerable.Range(0, 18).Select(static i => (100L + i, $"question {1 + i / 2}")), seen.Order());
        Assert.All(server.Keys, static k => Assert.Equal("Bearer secret", k));
    }

    [Theory]
    [InlineData(429, "{\"error\": {\"message\": \"slow down\"}}")]
    [InlineData(503, "")]
    [InlineData(200, "<html>welcome</html>")]
    [InlineData(200, "{\"choices\": []}")]
    [InlineData(200, "{\"choices\": [{\"message\": {\"content\": 17}}]}")]
    [InlineData(200, "[]")]
    public async Task What_may_pass_is_tried_again_and_then_said_once(int status, string body)
    {
        using (var server = new LoopbackServer((_, n) => n % 3 == 0 ? Reply.Of("at last") : new Reply(status, body, ("Retry-After", "0"))))
        {
            var said = await Ask(server, new ChatTeacherOptions { Parallel = 1 });
            Assert.All(said, static r => Assert.Equal("at last", r.Answers[0].Text));
            Assert.Equal(27, server.Requests);
        }
        using var never = new LoopbackServer((_, _) => new Reply(status, body));
        var e = await Assert.ThrowsAsync<RunFailedException>(() => Ask(never, new ChatTeacherOptions { Parallel = 1, Retries = 2 }));
        Assert.Equal("the-teacher", e.Problem.Place);
        Assert.Contains("/v1/chat/completions", e.Problem.Message);
        Assert.Contains("after 2 further tries", e.Problem.Message);
        Assert.Equal(3, never.Requests);
    }

    [Theory]
    [InlineData(401, "key")]
    [InlineData(404, "model's name")]
    [InlineData(400, "check the request")]
    public async Task What_will_not_pass_ends_it_at_once(int status, string remedy)
    {
        using var server = new LoopbackServer((_, _) => new Reply(status, "{\"error\": {\"message\": \"no\\nnot you\"}}"));
        var e = await Assert.ThrowsAsync<UserErrorException>(() => Ask(server, new ChatTeacherOptions { Parallel = 1 }));
        Assert.Contains($"refuses with status {status}: no not you", Assert.Single(e.Problems).Message);
        Assert.Contains(remedy, e.Problems[0].Remedy);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task A_row_that_is_refused_alone_is_counted_and_the_others_go_on()
    {
        using var server = new LoopbackServer((request, _) => Content(request) == "question 4" ? new Reply(400, "{\"error\": \"too long\"}") : Reply.Of("fine"));
        var said = await Ask(server, new ChatTeacherOptions { Parallel = 1 });
        Assert.Contains("too long", said[3].Refusal);
        Assert.Equal(8, said.Count(static r => r.Refusal is null && r.Answers[0].Text == "fine"));
    }

    [Fact]
    public async Task A_slow_server_and_one_that_is_not_there_are_told_apart()
    {
        using (var slow = new LoopbackServer((_, _) => Reply.Of("late") with { DelayMilliseconds = 2000 }))
        {
            var e = await Assert.ThrowsAsync<RunFailedException>(() => Ask(slow, new ChatTeacherOptions { Timeout = TimeSpan.FromMilliseconds(60), Retries = 1 }));
            Assert.Contains("no answer within 0.1 s, after 1 further try", e.Problem.Message);
        }
        using var client = new OpenAiClient(new Uri($"http://127.0.0.1:{LoopbackServer.FreePort()}/v1"), "m", null);
        var gone = await Assert.ThrowsAsync<RunFailedException>(() => Ask(client, new ChatTeacherOptions { Retries = 1 }));
        Assert.Contains("cannot be reached", gone.Problem.Message);
        Assert.Contains("check that the server runs", gone.Problem.Remedy);
    }

    [Fact]
    public async Task Whoever_stops_reading_stops_the_asking()
    {
        using var server = new LoopbackServer((_, _) => Reply.Of("x") with { DelayMilliseconds = 5 });
        using var client = new OpenAiClient(new Uri(server.Address), "m", null);
        await foreach (var _ in Teacher(client, new ChatTeacherOptions { Parallel = 2 }).AnswerAsync(Rows, 3, None))
            break;
        Assert.InRange(server.Requests, 1, 4);
    }

    private static async Task<List<RowAnswers>> Ask(LoopbackServer server, ChatTeacherOptions options, string? key = null)
    {
        using var client = new OpenAiClient(new Uri(server.Address), "m", key);
        return await Ask(client, options);
    }

    private static async Task<List<RowAnswers>> Ask(IChatClient client, ChatTeacherOptions options) => await Teacher(client, options).AnswerAsync(Rows, 0, None).ToListAsync(None);

    private static ChatTeacher Teacher(IChatClient client, ChatTeacherOptions options) => new(client, "the-teacher", options with { Wait = TimeSpan.FromMilliseconds(1) });

    private static string Content(JsonElement request) => request.GetProperty("messages")[0].GetProperty("content").GetString()!;
}
