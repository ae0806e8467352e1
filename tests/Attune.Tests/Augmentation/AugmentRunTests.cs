using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Attune.Augmentation;
using Attune.Data;
using Attune.Distillation;
using Attune.Evaluation.Metrics;
using Attune.Problems;
using Attune.Runs;
using Attune.Tests.Formats;
using Microsoft.Extensions.AI;

namespace Attune.Tests.Augmentation;

/// <summary>From files of rows to files of new ones: counts, lineage, classes, and models that write well, badly, or stop in the middle.</summary>
public sealed class AugmentRunTests : IDisposable
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    private string Rows(string name = "rows.jsonl", int count = 8)
    {
        string[] things = ["lamp", "table", "kettle", "bicycle", "carpet", "clock", "mirror", "drawer", "pillow", "blanket"];
        File.WriteAllText(temp.File(name), string.Concat(Enumerable.Range(0, count).Select(i =>
            $$"""{"prompt":"Where is the {{things[i % things.Length]}} of order {{48000 + 37 * i}}, please?","completion":"intent: {{(i % 4 == 0 ? "rare" : "often")}}; order: {{48000 + 37 * i}}","id":{{i}}}""" + "\n")));
        return temp.File(name);
    }

    private AugmentOptions Options(string by, Func<AugmentOptions, AugmentOptions>? more = null)
    {
        var options = new AugmentOptions { Data = [Rows()], By = Augmenters.Parse("--by", [by]), Out = temp.File("new.jsonl") };
        return more is null ? options : more(options);
    }

    private IReadOnlyList<JsonElement> Made() => [.. File.ReadAllLines(temp.File("new.jsonl")).Select(static l => JsonDocument.Parse(l).RootElement)];

    [Fact]
    public async Task Rules_make_so_many_rows_with_lineage_and_the_same_bytes_again()
    {
        var options = Options("swaps,deletions,typos,numbers", static o => o with { Times = 4 });
        var result = await AugmentRun.ExecuteAsync(options, null, cancel: None);
        Assert.Equal((8, 32, 32), (result.Parents, result.Wanted, result.Made));
        Assert.Equal(32, result.Augmenters.Sum(static a => a.Kept));
        Assert.All(result.Augmenters, static a => Assert.Equal(a.Tried - a.Kept, a.Dropped.Sum(static d => d.Count)));
        var parents = File.ReadAllLines(temp.File("rows.jsonl")).Select(static l => JsonDocument.Parse(l).RootElement).ToArray();
        foreach (var row in Made())
        {
            var parent = parents[row.GetProperty("id").GetInt32()];
            Assert.Equal(IdOf(parent.GetProperty("prompt").GetString()!), row.GetProperty("augmented_from").GetString());
            var (asked, answered) = (row.GetProperty("prompt").GetString()!, row.GetProperty("completion").GetString()!);
            if (row.GetProperty("augmented_by").GetString() != "numbers")
                Assert.Equal(parent.GetProperty("completion").GetString(), answered);
            // What the label says of the prompt is true, whoever made the row.
            Assert.Equal(Regex.Match(asked, "[0-9]+").Value, Regex.Match(answered, "[0-9]+").Value);
        }
        var bytes = File.ReadAllBytes(options.Out);
        await AugmentRun.ExecuteAsync(options, null, cancel: None);
        Assert.Equal(bytes, File.ReadAllBytes(options.Out));
        await AugmentRun.ExecuteAsync(options with { Seed = 2 }, null, cancel: None);
        Assert.NotEqual(bytes, File.ReadAllBytes(options.Out));

        // With what was made beside it nothing is made twice, and nothing of what was made.
        var again = await AugmentRun.ExecuteAsync(options with { Data = [temp.File("rows.jsonl"), options.Out], Out = temp.File("more.jsonl"), Seed = 2 }, null, cancel: None);
        Assert.Equal(8, again.Parents);
        Assert.Empty(File.ReadAllLines(options.Out).Select(Prompt).Intersect(File.ReadAllLines(temp.File("more.jsonl")).Select(Prompt)));

        static string Prompt(string line) => JsonDocument.Parse(line).RootElement.GetProperty("prompt").GetString()!;
    }

    [Fact]
    public async Task Rows_that_were_made_before_count_in_their_class()
    {
        AugmentOptions Balanced(string output, params DataSource[] data) => Options("swaps,typos", o => o with { Balance = "label:intent: ([a-z]+)", Times = 5, Out = temp.File(output), Data = data });
        var first = await AugmentRun.ExecuteAsync(Balanced("first.jsonl", Rows()) with { Target = 4 }, null, cancel: None);
        Assert.Equal([new ClassResult("rare", 2, 2, 2)], first.Classes);
        var second = await AugmentRun.ExecuteAsync(Balanced("second.jsonl", Rows(), temp.File("first.jsonl")), null, cancel: None);
        Assert.Equal([new ClassResult("rare", 4, 2, 2)], second.Classes);
        var e = await Assert.ThrowsAsync<UserErrorException>(() => AugmentRun.ExecuteAsync(Balanced("third.jsonl", Rows(), temp.File("first.jsonl")) with { Target = 4 }, null, cancel: None));
        Assert.Contains("every class has 4 rows or more", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rare_classes_are_brought_to_the_target_and_no_other()
    {
        var result = await AugmentRun.ExecuteAsync(Options("swaps,typos", static o => o with { Balance = "label:intent: ([a-z]+)", Times = 5 }), null, cancel: None);
        Assert.Equal([new ClassResult("rare", 2, 4, 4)], result.Classes);
        Assert.All(Made(), static r => Assert.Contains("rare", r.GetProperty("completion").GetString()));
        // As evenly as can be: two of each of the two rows.
        Assert.Equal([2, 2], Made().GroupBy(static r => r.GetProperty("id").GetInt32()).Select(static g => g.Count()));

        var few = await AugmentRun.ExecuteAsync(Options("swaps,typos", static o => o with { Balance = "label:intent: ([a-z]+)", Times = 3, Target = 20 }), null, cancel: None);
        Assert.Equal([new ClassResult("often", 6, 14, 14), new ClassResult("rare", 2, 6, 6)], few.Classes);
        var field = await AugmentRun.ExecuteAsync(Options("typos", static o => o with { Balance = "id", Times = 3, Target = 2 }), null, cancel: None);
        Assert.Equal(8, field.Classes.Count);
        foreach (var (balance, target, message) in new[] { ("labl", 9, "no field of the rows"), ("label:intent: ([a-z]+)", 2, "every class has 2 rows or more"), ("label:nothing ([a-z]+)", 9, "no row has a class") })
        {
            var e = await Assert.ThrowsAsync<UserErrorException>(() => AugmentRun.ExecuteAsync(Options("typos", o => o with { Balance = balance, Target = target }), null, cancel: None));
            Assert.Contains(message, e.Message);
        }
    }

    [Theory]
    [InlineData("a.csv", "text,category\n\"Where is order 48213, please?\",lost\nWhen does it come?,when\n", "prompt={text}\\n", "completion=category")]
    [InlineData("a.json", """[{"q": {"text": "Where is order 48213, please?"}, "category": "lost"}, {"q": {"text": "When does it come?"}, "category": "when"}]""", "prompt=q.text", "completion=category")]
    [InlineData("a.jsonl", """{"conversations": [{"from": "human", "value": "Where is order 48213, please?"}, {"from": "gpt", "value": "lost"}]}""")]
    [InlineData("b.jsonl", """{"instruction": "Tell the intent of this message.", "input": "Where is order 48213, please?", "output": "lost"}""")]
    public async Task New_rows_have_the_fields_of_their_files(string name, string text, params string[] columns)
    {
        File.WriteAllText(temp.File(name), text);
        var mapped = columns.Select(static c => c.Split('=', 2)).ToDictionary(static c => c[0], static c => c[1].Replace("\\n", "\n", StringComparison.Ordinal));
        await AugmentRun.ExecuteAsync(Options("swaps", o => o with { Data = [temp.File(name)], Columns = mapped, Times = 2 }), null, cancel: None);
        var problems = new ProblemList();
        var made = ConversationReader.Open(temp.File("new.jsonl"), new DataOptions { MaxLength = 100, Columns = mapped }, problems).Read().ToList();
        problems.ThrowIfAny();
        Assert.NotEmpty(made);
        var parents = ConversationReader.Open(temp.File(name), new DataOptions { MaxLength = 100, Columns = mapped }, problems).Read().ToDictionary(PromptKey.Of);
        Assert.All(made, m => Assert.Equal(parents[m.Parents[0]].Turns[^1].Content, m.Turns[^1].Content));
    }

    [Fact]
    public async Task A_model_writes_and_what_is_no_good_falls_with_its_reason()
    {
        // By the number of the order: 48000, 48037 … one reply each.
        string[] replies =
        [
            "\"Please tell me where the lamp of order 48000 has gone.\"", "Here is the message:\nI am looking for the table of order 48037.", "Where is my kettle?", "where is THE bicycle, order 48111 of... please!",
            "", "48185 is where? is is is is is is is is is is is is is is is is is is is is", "As an AI I cannot say where order 48222 is.", "cut 48259",
        ];
        var teacher = Teacher(text => (replies[(int.Parse(Regex.Match(text, "48[0-9]+").Value) - 48000) / 37], text.Contains("48259", StringComparison.Ordinal) ? ChatFinishReason.Length : ChatFinishReason.Stop));
        var result = await AugmentRun.ExecuteAsync(Options("paraphrase"), new AugmentTeachers(teacher, teacher), cancel: None);
        Assert.Equal(["Please tell me where the lamp of order 48000 has gone.", "I am looking for the table of order 48037."], Made().Select(static r => r.GetProperty("prompt").GetString()));
        Assert.Equal((8, 2), (result.Augmenters[0].Tried, result.Augmenters[0].Kept));
        Assert.Equal(new Dictionary<string, int>
        {
            ["lost a number, or what the answer takes from the prompt"] = 1,
            ["says it in its parent's words"] = 1,
            ["the model wrote nothing"] = 1,
            ["repeats itself"] = 1,
            ["speaks of the work"] = 1,
            ["cut off before the end"] = 1,
        }, result.Augmenters[0].Dropped.ToDictionary());
    }

    [Fact]
    public async Task Back_and_forth_takes_two_steps_and_evol_instruct_is_answered_and_weeded()
    {
        var teacher = Teacher(static text =>
            text.StartsWith("Translate the message below into German", StringComparison.Ordinal) ? ("Wo ist " + Regex.Match(text, "48[0-9]+").Value, ChatFinishReason.Stop)
            : text.StartsWith("Translate", StringComparison.Ordinal) ? ("I would like to know where to find " + Regex.Match(text, "Wo ist (48[0-9]+)").Groups[1].Value, ChatFinishReason.Stop)
            : text.StartsWith("Rewrite", StringComparison.Ordinal) ? ($"Considering delays, weather and customs rules, explain what became of shipment {Regex.Match(text, "48[0-9]+").Value}", ChatFinishReason.Stop)
            : (text.Contains("48037", StringComparison.Ordinal) ? "I am sorry, I do not know." : "It waits at the border.", ChatFinishReason.Stop));
        var result = await AugmentRun.ExecuteAsync(Options("back-and-forth"), new AugmentTeachers(teacher, teacher), cancel: None);
        Assert.Equal(8, result.Made);
        Assert.Equal("intent: rare; order: 48000", Made()[0].GetProperty("completion").GetString());
        Assert.Equal([temp.File("new.step1.jsonl"), temp.File("new.step2.jsonl")], result.Logs);

        foreach (var log in result.Logs)
            File.Delete(log);
        result = await AugmentRun.ExecuteAsync(Options("evol-instruct"), new AugmentTeachers(teacher, teacher), cancel: None);
        // All eight evolve alike but for their number: the second is too near to the first.
        Assert.Equal(7, result.Augmenters[0].Dropped.Single(static d => d.Reason.StartsWith("too near", StringComparison.Ordinal)).Count);
        var row = Assert.Single(Made());
        Assert.Equal("It waits at the border.", row.GetProperty("completion").GetString());
        // The id was the parent's, and says nothing of another question.
        Assert.False(row.TryGetProperty("id", out _));
    }

    [Fact]
    public async Task Self_instruct_is_shown_rows_of_one_class_and_its_rows_come_of_all_of_them()
    {
        var asked = new List<string>();
        var teacher = Teacher(text =>
        {
            asked.Add(text);
            return (asked.Count % 2 == 1 ? $"Message: Totally new matter {asked.Count} concerning {string.Concat(Enumerable.Repeat((char)('a' + asked.Count), 6))}\nAnswer: intent: rare\n\nMessage: and one more" : "I would rather not.", ChatFinishReason.Stop);
        }, parallel: 1);
        var result = await AugmentRun.ExecuteAsync(Options("self-instruct", static o => o with { Balance = "label:intent: ([a-z]+)", Shown = 3, Times = 2 }), new AugmentTeachers(teacher, teacher), cancel: None);
        Assert.All(asked, static a => Assert.DoesNotContain("often", a));
        Assert.Equal(2, result.Augmenters[0].Dropped.Single().Count);
        Assert.Equal("is not in the form that was asked for", result.Augmenters[0].Dropped.Single().Reason);
        Assert.All(Made(), static r =>
        {
            Assert.Equal(2, r.GetProperty("augmented_from").GetString()!.Split(' ').Length);
            Assert.Equal("intent: rare", r.GetProperty("completion").GetString());
        });
    }

    /// <summary>A teacher that knows the task judges new rows; that it does not know it is seen on the rows that were there.</summary>
    [Fact]
    public async Task Labels_are_checked_by_the_teachers_own_answer()
    {
        // It takes everything without the word please for another intent.
        var teacher = Teacher(static text => ($"intent: {(!text.Contains("please", StringComparison.Ordinal) ? "other" : (int.Parse(Regex.Match(text, "48[0-9]+").Value) - 48000) / 37 % 4 == 0 ? "rare" : "often")}\nand more", ChatFinishReason.Length));
        var result = await AugmentRun.ExecuteAsync(
            Options("deletions", static o => o with { Times = 6, Alpha = 0.3, Check = MetricTable.ParseAll(["label:intent: ([a-z]+)"])[0] }), new AugmentTeachers(teacher, teacher), cancel: None);
        Assert.Equal((8, 8), result.Checked);
        Assert.All(Made(), static r => Assert.Contains("please", r.GetProperty("prompt").GetString()));
        Assert.InRange(result.Augmenters[0].Dropped.Single(static d => d.Reason == "the teacher answers something else").Count, 5, 40);
        Assert.Equal(result.Augmenters[0].Kept, result.Made);
    }

    /// <summary>At every length that a kill leaves of each log: the same bytes in the end, and no whole row is asked again.</summary>
    [Fact]
    public async Task A_kill_loses_at_most_the_row_in_hand()
    {
        var count = 0;
        ChatTeacher Fresh() => Teacher(text =>
        {
            Interlocked.Increment(ref count);
            return ($"{(text.StartsWith("Say", StringComparison.Ordinal) ? "Kindly let me know about order" : "intent: often; order")} {Regex.Match(text, "48[0-9]+").Value}", ChatFinishReason.Stop);
        });
        var options = Options("paraphrase", static o => o with { Check = MetricTable.ParseAll(["label:order:? ([0-9]+)"])[0] });
        var result = await AugmentRun.ExecuteAsync(options, new AugmentTeachers(Fresh(), Fresh()), cancel: None);
        Assert.Equal((8, 24), (result.Made, count));
        var (output, logs) = (File.ReadAllBytes(options.Out), result.Logs.Select(File.ReadAllBytes).ToArray());
        for (var step = 0; step < 2; step++)
        {
            for (var left = 0; left < logs[step].Length; left += 97)
            {
                File.WriteAllBytes(result.Logs[step], logs[step][..left]);
                count = 0;
                await AugmentRun.ExecuteAsync(options, new AugmentTeachers(Fresh(), Fresh()), cancel: None);
                Assert.Equal(output, File.ReadAllBytes(options.Out));
                Assert.Equal((step == 0 ? 8 : 16) - Math.Max(0, logs[step][..left].Count(static b => b == '\n') - 1), count);
            }
        }
    }

    [Fact]
    public async Task A_lost_teacher_keeps_what_was_done_and_rubbish_alone_is_said()
    {
        var teacher = Teacher(static text => text.Contains("48148", StringComparison.Ordinal) ? throw new HttpRequestException("gone") : ($"Kindly let me know about order {Regex.Match(text, "48[0-9]+").Value}", ChatFinishReason.Stop), parallel: 1);
        var e = await Assert.ThrowsAsync<RunFailedException>(() => AugmentRun.ExecuteAsync(Options("paraphrase"), new AugmentTeachers(teacher, teacher), cancel: None));
        Assert.Matches("gone.*; [0-7] of 8 are kept in .*new.step1.jsonl, and the same command goes on", e.Problem.Message);
        Assert.False(File.Exists(temp.File("new.jsonl")));

        File.Delete(temp.File("new.step1.jsonl"));
        var rubbish = Teacher(static _ => ("%%%", ChatFinishReason.Stop));
        e = await Assert.ThrowsAsync<RunFailedException>(() => AugmentRun.ExecuteAsync(Options("paraphrase"), new AugmentTeachers(rubbish, rubbish), cancel: None));
        Assert.Contains("no row could be made: paraphrase: 8 too short", e.Problem.Message);
    }

    [Fact]
    public async Task What_augmentation_did_not_make_is_never_written_over()
    {
        var options = Options("swaps");
        File.WriteAllText(options.Out, "my notes");
        Assert.Contains("did not make it", (await Assert.ThrowsAsync<UserErrorException>(() => AugmentRun.ExecuteAsync(options, null, cancel: None))).Message);
        Assert.Contains("one of the files of rows", (await Assert.ThrowsAsync<UserErrorException>(() => AugmentRun.ExecuteAsync(options with { Out = options.Data[0].Path }, null, cancel: None))).Message);
        Assert.Contains("needs a model", (await Assert.ThrowsAsync<UserErrorException>(() => AugmentRun.ExecuteAsync(Options("paraphrase", o => o with { Out = temp.File("x.jsonl") }), null, cancel: None))).Message);
    }

    private static string IdOf(string prompt) => Lineage.IdOf(PromptKey.Of(new Attune.Data.Conversation("", 1, ConversationKind.Completion, [new Turn("user", prompt, false), new Turn("assistant", "x", true)])));

    private static ChatTeacher Teacher(Func<string, (string, ChatFinishReason)> reply, int parallel = 4) =>
        new(new Scripted(reply), "the-model", new ChatTeacherOptions { Retries = 0, Parallel = parallel, Request = new ChatOptions { Seed = 1 } });

    /// <summary>A chat client that answers the last message by a function.</summary>
    private sealed class Scripted(Func<string, (string Text, ChatFinishReason Reason)> reply) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            var (text, reason) = reply(messages.Last().Text);
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, text)) { FinishReason = reason });
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
                yield return update;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
