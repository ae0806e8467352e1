using System.Runtime.CompilerServices;
using Attune.Data;
using Attune.Distillation;
using Attune.Evaluation.Metrics;
using Attune.Problems;
using Attune.Tests.Formats;

namespace Attune.Tests.Distillation;

/// <summary>Answers become rows: filtered, with their parents, and never asked for twice.</summary>
public sealed class AnswerRunTests : IDisposable
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    private IReadOnlyList<PromptRow> Rows(int count = 7) => Read("rows.jsonl", string.Concat(Enumerable.Range(1, count).Select(static i => $"{{\"prompt\": \"q{i}\", \"completion\": \"a{i}\"}}\n")));

    private IReadOnlyList<PromptRow> Read(string name, string text)
    {
        File.WriteAllText(temp.File(name), text);
        return PromptRow.Read([temp.File(name)], new Dictionary<string, string>(), static _ => { });
    }

    private Task<AnswerResult> Run(IReadOnlyList<PromptRow> rows, FakeTeacher teacher, FilterOptions? filter = null) =>
        AnswerRun.ExecuteAsync(rows, teacher, filter ?? new FilterOptions(), temp.File("out.jsonl"), null, None);

    /// <summary>At every length that a kill can leave of the log: the same bytes in the end, and no row that is whole is asked again.</summary>
    [Fact]
    public async Task A_kill_at_any_moment_loses_at_most_the_row_in_hand()
    {
        var rows = Rows();
        var result = await Run(rows, new FakeTeacher());
        var (output, log) = (File.ReadAllBytes(result.Output), File.ReadAllBytes(result.Log));
        Assert.Equal((7, 14, 14), (result.Answered, result.Answers, result.Kept));
        for (var left = 0; left <= log.Length; left += 13)
        {
            File.WriteAllBytes(result.Log, log[..left]);
            var teacher = new FakeTeacher();
            await Run(rows, teacher);
            Assert.Equal(output, File.ReadAllBytes(result.Output));
            Assert.Equal(log, File.ReadAllBytes(result.Log));
            Assert.Equal(Math.Max(0, log[..left].Count(static b => b == '\n') - 1), 7 - teacher.Asked);
        }
    }

    [Fact]
    public async Task A_lost_teacher_keeps_what_was_done_and_the_same_command_goes_on()
    {
        var rows = Rows();
        var e = await Assert.ThrowsAsync<RunFailedException>(() => Run(rows, new FakeTeacher { FailsAt = 4 }));
        Assert.Contains("gone; 4 of 7 rows are answered and kept in", e.Problem.Message);
        Assert.Equal(8, File.ReadAllLines(temp.File("out.jsonl")).Length);
        var teacher = new FakeTeacher();
        Assert.Equal(14, (await Run(rows, teacher)).Kept);
        Assert.Equal(3, teacher.Asked);

        // Where nothing was answered, nothing stands in the way of another teacher.
        File.Delete(temp.File("out.jsonl"));
        File.Delete(AnswerRun.LogOf(temp.File("out.jsonl")));
        await Assert.ThrowsAsync<RunFailedException>(() => Run(rows, new FakeTeacher { FailsAt = 0 }));
        Assert.Equal(14, (await Run(rows, new FakeTeacher { Setting = "another" })).Kept);
    }

    [Fact]
    public async Task Answers_of_other_rows_or_settings_are_never_mixed()
    {
        await Run(Rows(), new FakeTeacher());
        var other = await Assert.ThrowsAsync<UserErrorException>(() => Run(Rows(), new FakeTeacher { Setting = "another" }));
        Assert.Contains("holds answers of another seed", other.Problems[0].Message);
        var more = await Assert.ThrowsAsync<UserErrorException>(() => Run(Rows(8), new FakeTeacher()));
        Assert.Contains("holds answers of another rows", more.Problems[0].Message);
        File.AppendAllText(AnswerRun.LogOf(temp.File("out.jsonl")), "{\"row\": 5}\n");
        File.WriteAllText(temp.File("mine.jsonl"), "{}");
        var mine = await Assert.ThrowsAsync<UserErrorException>(() => AnswerRun.ExecuteAsync(Rows(), new FakeTeacher(), new FilterOptions(), temp.File("mine.jsonl"), null, None));
        Assert.Contains("exists already", mine.Problems[0].Message);
        Assert.Equal("{}", File.ReadAllText(temp.File("mine.jsonl")));
    }

    [Theory]
    [InlineData("{\"row\": \"rows.jsonl:7\"}")]
    [InlineData("{\"row\": \"rows.jsonl:7\", \"answers\": [{\"text\": \"x\", \"stopped\": true, \"tokens\": -1}]}")]
    [InlineData("{\"row\": \"rows.jsonl:7\", \"answers\": [{\"text\": \"x\", \"stopped\": 1, \"tokens\": 1}]}")]
    [InlineData("{\"row\": \"rows.jsonl:9\", \"answers\": []}")]
    [InlineData("[]")]
    [InlineData("{")]
    public async Task A_damaged_log_is_named_by_its_line(string line)
    {
        var result = await Run(Rows(), new FakeTeacher());
        var lines = File.ReadAllLines(result.Log);
        File.WriteAllText(result.Log, string.Join('\n', [.. lines[..^1], line]) + "\n");
        var e = await Assert.ThrowsAsync<UserErrorException>(() => Run(Rows(), new FakeTeacher()));
        Assert.EndsWith(", line 8", e.Problems[0].Place);
        Assert.Equal(line, File.ReadAllLines(result.Log)[^1]);
    }

    [Fact]
    public async Task Rows_that_come_of_it_are_read_like_any_others()
    {
        var rows = Read("chat.jsonl", """
            {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "one"}, {"role": "assistant", "content": "first"}, {"role": "user", "content": "two"}, {"role": "assistant", "content": "second"}]}

            """);
        var result = await Run(rows, new FakeTeacher());
        Assert.Contains("\"distilled_from\":\"chat.jsonl:1\",\"distilled_by\":\"fake\"", File.ReadAllLines(result.Output)[1]);
        var problems = new ProblemList();
        var reader = ConversationReader.Open(result.Output, new DataOptions { MaxLength = 1000 }, problems);
        var read = reader.Read().ToList();
        Assert.Equal((0, 2), (problems.Count, read.Count));
        Assert.Empty(reader.Warnings());
        // Answers before the last are what the row gave, and are not learned again.
        Assert.Equal([false, false, false, false, true], read[0].Turns.Select(static t => t.Trained));
        Assert.Equal(("first", "0 to two"), (read[0].Turns[2].Content, read[0].Turns[4].Content));
    }

    [Fact]
    public void Each_filter_drops_what_it_says_and_counts_it()
    {
        var row = Rows(1)[0];
        var said = new RowAnswers([new("a1\nx", true, 1), new(" ", true, 1), new("a1\ny", false, 1), new("b", true, 1), new("a1\nx ", true, 1), new("a1\nlonger", true, 1)]);
        Assert.Equal(["a1\nx", "b", "a1\nlonger"], Keep(new FilterOptions(), "1 cut off before the end, 1 empty, 1 twice for one row"));
        Assert.Equal(["a1\nx", "a1\ny", "b", "a1\nlonger"], Keep(new FilterOptions { KeepUnfinished = true }, "1 empty, 1 twice for one row"));
        Assert.Equal(["a1\nx", "a1\nx "], Keep(new FilterOptions { MinLength = 4, MaxLength = 5 }, "1 cut off before the end, 1 empty, 1 too long, 1 too short", distinct: false));
        var first = MetricTable.Parse("first-line").Metric;
        Assert.Equal(["a1\nx", "a1\nlonger"], Keep(new FilterOptions { Agrees = first }, "1 cut off before the end, 1 empty, 1 not the row's own answer, 1 twice for one row"));
        // Three of six are no majority, and with the one that was cut off they are.
        Assert.Empty(Keep(new FilterOptions { Majority = first }, "4 not what most answers of its row say, 1 cut off before the end, 1 empty"));
        Assert.Equal(["a1\nx", "a1\ny", "a1\nlonger"], Keep(new FilterOptions { Majority = first, KeepUnfinished = true }, "1 empty, 1 not what most answers of its row say, 1 twice for one row"));

        IEnumerable<string> Keep(FilterOptions options, string dropped, bool distinct = true)
        {
            var filter = new AnswerFilter(options);
            var kept = filter.Keep(row, said);
            if (distinct)
                Assert.Equal(dropped, string.Join(", ", filter.Dropped.Select(static d => $"{d.Count} {d.Reason}")));
            return distinct ? kept.Select(static a => a.Text) : ["a1\nx", "a1\nx "];
        }
    }

    [Fact]
    public async Task Where_no_answer_is_left_that_is_said()
    {
        var e = await Assert.ThrowsAsync<RunFailedException>(() => Run(Rows(), new FakeTeacher(), new FilterOptions { MinLength = 1000 }));
        Assert.Contains("no answer is left: 14 too short", e.Problem.Message);
        Assert.False(File.Exists(temp.File("out.jsonl")));
        // Another filter starts from the same answers.
        var teacher = new FakeTeacher();
        Assert.Equal(14, (await Run(Rows(), teacher)).Kept);
        Assert.Equal(0, teacher.Asked);
    }

    [Fact]
    public void Running_text_asks_nothing() =>
        Assert.Contains("is running text", Assert.Throws<UserErrorException>(() => Read("text.txt", "Once there was a lamp.\n")).Problems[0].Message);

    private sealed class FakeTeacher : IAnswerTeacher
    {
        public string Setting { get; init; } = "1";

        public int? FailsAt { get; init; }

        public int Asked { get; private set; }

        public string Name => "fake";

        public IReadOnlyList<(string Name, string Value)> Settings => [("teacher", Name), ("seed", Setting)];

        public async IAsyncEnumerable<RowAnswers> AnswerAsync(IReadOnlyList<PromptRow> rows, int from, [EnumeratorCancellation] CancellationToken cancel)
        {
            for (var i = from; i < rows.Count; i++)
            {
                await Task.Yield();
                if (i == FailsAt)
                    throw new RunFailedException(new Problem("fake", "gone"));
                Asked++;
                yield return new RowAnswers([.. Enumerable.Range(0, 2).Select(s => new TeacherAnswer($"{s} to {rows[i].Prompt.Last().Content}", true, 2))]);
            }
        }
    }
}
