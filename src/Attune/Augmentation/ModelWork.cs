using System.Globalization;
using Attune.Data;
using Attune.Distillation;
using Attune.Problems;

namespace Attune.Augmentation;

/// <summary>Has a teacher write, step by step; every reply is kept in a log of its step as soon as it is there.</summary>
/// <param name="options">What is made.</param>
/// <param name="known">What is asked already; what is made is added.</param>
/// <param name="tally">Counts why rows go.</param>
/// <param name="progress">Gets the work in words, what is done of it, and how much there is.</param>
internal sealed class ModelWork(AugmentOptions options, KnownPrompts known, Tally tally, Action<string, int, int>? progress)
{
    private readonly List<string> logs = [];

    /// <summary>Files that hold what the teacher wrote.</summary>
    public IReadOnlyList<string> Logs => logs;

    /// <summary>Rows of what a model wrote, as far as they are any good.</summary>
    public async Task<IReadOnlyList<Candidate>> WriteAsync(IReadOnlyList<Job> jobs, IAnswerTeacher writer, CancellationToken cancel)
    {
        var alive = jobs.Select(static j => (Job: j, Reply: "")).ToList();
        var finished = new List<(Job Job, string Reply)>();
        for (var step = 0; alive.Count > 0; step++)
        {
            PromptRow[] rows = [.. alive.Select(a => Question(a.Job, a.Job.By.Model!.Ask(a.Job, step, a.Reply)))];
            var said = await AskAsync(string.Create(CultureInfo.InvariantCulture, $"step{step + 1}"), "writes", rows, writer, cancel).ConfigureAwait(false);
            var next = new List<(Job, string)>();
            foreach (var ((job, _), answers) in alive.Zip(said))
            {
                if (Good(job.By, answers) is { } reply)
                    (step + 1 < job.By.Model!.Steps ? next : finished).Add((job, step + 1 < job.By.Model!.Steps ? Replies.Clean(reply) : reply));
            }
            alive = next;
        }
        return [.. finished.OrderBy(static f => f.Job.Parent.Index).ThenBy(static f => f.Job.Number).Select(f => Read(f.Job, f.Reply)).OfType<Candidate>()];
    }

    /// <summary>Has the teacher answer new prompts: its answer becomes the row's, or must agree with it; and as a measure of it, prompts of parents.</summary>
    /// <returns>The rows that stay, and on how many of the parents' labels it agrees.</returns>
    public async Task<(IReadOnlyList<Candidate> Rows, (int Agreed, int Asked)? Parents)> AnswerAsync(
        IReadOnlyList<Candidate> candidates, IReadOnlyList<SourceRow> parents, IReadOnlyList<SourceRow> shown, IAnswerTeacher answerer, CancellationToken cancel)
    {
        Candidate[] asked = [.. candidates.Where(c => c.NeedsAnswer || options.Check is not null)];
        if (asked.Length == 0)
            return (candidates, null);
        PromptRow[] rows =
        [
            .. parents.Select(p => Task($"{p.Row.File}:{p.Row.Number}", p.Chat, p.Answer, shown)),
            .. asked.Select(c => Task(c.Job.Id, c.Chat!, c.Job.Parent.Answer, shown)),
        ];
        var said = await AskAsync("answers", "answers", rows, answerer, cancel).ConfigureAwait(false);
        var agreed = parents.Zip(said).Count(p => p.Second.Answers is [var a, ..] && options.Check!.IsRight(p.First.Answer, a.Text) == true);
        var kept = candidates.Except(asked).Concat(asked.Zip(said.Skip(parents.Count)).Select(a => Answered(a.First, a.Second)).OfType<Candidate>()).ToList();
        return (kept, options.Check is null ? null : (agreed, parents.Count));
    }

    private Candidate? Read(Job job, string reply)
    {
        var model = job.By.Model!;
        var reason = "is not in the form that was asked for";
        if (model.Read(reply) is var (prompt, answer))
        {
            var texts = job.Parent.Texts;
            var candidate = new Candidate(job, texts with
            {
                Asked = [.. texts.Asked.SkipLast(1), prompt],
                Answered = answer is null ? texts.Answered : [.. texts.Answered.SkipLast(1), answer],
            })
            { NeedsAnswer = model.TeacherAnswers };
            reason = model.Judge(job, prompt, known.Near);
            if (reason is null && candidate.Chat is { } chat)
            {
                reason = known.Judge(chat, job.Parent.Key);
                if (reason is null)
                {
                    known.Add(chat, isGiven: true);
                    return candidate;
                }
            }
            reason ??= "its texts make no row of the file's shape";
        }
        tally.Drop(job.By, reason);
        return null;
    }

    private Candidate? Answered(Candidate candidate, RowAnswers answers)
    {
        var by = candidate.Job.By;
        if (!candidate.NeedsAnswer)
        {
            // Cut off or not: whether it agrees is the metric's affair, which may ask for the first line alone.
            var expected = candidate.Texts.Answered.Count > 0 ? candidate.Texts.Answered[^1] : candidate.Job.Parent.Answer;
            if (answers.Answers is [var said, ..] && options.Check!.IsRight(expected, said.Text) == true)
                return candidate;
            tally.Drop(by, "the teacher answers something else");
            return null;
        }
        if (Good(by, answers) is not { } answer)
            return null;
        answer = answer[(answer.LastIndexOf("</think>", StringComparison.Ordinal) is >= 0 and var end ? end + 8 : 0)..].Trim();
        if ((answer.Length == 0 ? "the model wrote nothing" : EvolInstruct.JudgeAnswer(answer)) is { } reason)
        {
            tally.Drop(by, reason);
            return null;
        }
        return candidate with { NeedsAnswer = false, Texts = candidate.Texts with { Answered = [.. candidate.Texts.Answered.SkipLast(1), answer] } };
    }

    private string? Good(Augmenter by, RowAnswers said)
    {
        var reason = said.Refusal is not null ? "the model could not be asked" : said.Answers.Count == 0 || string.IsNullOrWhiteSpace(said.Answers[0].Text) ? "the model wrote nothing" : !said.Answers[0].Stopped ? "cut off before the end" : null;
        if (reason is null)
            return said.Answers[0].Text;
        tally.Drop(by, reason);
        return null;
    }

    private async Task<IReadOnlyList<RowAnswers>> AskAsync(string name, string doing, PromptRow[] rows, IAnswerTeacher teacher, CancellationToken cancel)
    {
        var path = LogOf(options.Out, name);
        using var log = AnswerLog.Open(path, [.. teacher.Settings, ("rows", PromptRow.Hash(rows))], rows);
        try
        {
            progress?.Invoke($"{teacher.Name} {doing} ({name})", log.Done.Count, rows.Length);
            await foreach (var said in teacher.AnswerAsync(rows, log.Done.Count, cancel).ConfigureAwait(false))
            {
                log.Append(rows[log.Done.Count], said);
                progress?.Invoke($"{teacher.Name} {doing} ({name})", log.Done.Count, rows.Length);
            }
        }
        catch (RunFailedException e)
        {
            log.RemoveIfEmpty();
            throw new RunFailedException(e.Problem with { Message = $"{e.Problem.Message}; {Kept(path, log.Done.Count, rows.Length)}" }, e);
        }
        catch
        {
            log.RemoveIfEmpty();
            throw;
        }
        logs.Add(path);
        return log.Done;
    }

    /// <summary>The file beside a file of new rows that holds what was written for it.</summary>
    public static string LogOf(string output, string name) => Path.ChangeExtension(output, $".{name}.jsonl");

    private static string Kept(string path, int done, int all) => done == 0
        ? "nothing of this step is written yet"
        : string.Create(CultureInfo.InvariantCulture, $"{done} of {all} are kept in {path}, and the same command goes on from there");

    private static PromptRow Question(Job job, string text) =>
        new(job.Id, new Conversation(job.Parent.Row.File, job.Parent.Row.Number, ConversationKind.Completion, [new Turn("user", text, false)]), 1, null);

    // The row's own conversation up to its last answer, behind those that show what kind of answer is wanted.
    private static PromptRow Task(string id, Conversation chat, string expected, IReadOnlyList<SourceRow> shown)
    {
        var last = chat.Turns.Count - 1;
        while (!chat.Turns[last].Trained)
            last--;
        if (shown.Count == 0)
            return new PromptRow(id, chat, last, expected);
        var systems = chat.Turns.TakeWhile(static t => t.Role == "system").ToArray();
        var before = shown.SelectMany(static r => r.Chat.Turns.Take(r.LastTurn + 1).Where(static t => t.Role != "system").Select(static t => t with { Trained = false })).ToArray();
        return new PromptRow(id, chat with { Kind = ConversationKind.Chat, Turns = [.. systems, .. before, .. chat.Turns.Skip(systems.Length)] }, last + before.Length, expected);
    }
}
