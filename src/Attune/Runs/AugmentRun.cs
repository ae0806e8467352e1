using Attune.Augmentation;
using Attune.Distillation;
using Attune.Evaluation;
using Attune.Problems;

namespace Attune.Runs;

/// <summary>Who writes for augmentation: a local model, or any chat client.</summary>
/// <param name="Writer">Writes new prompts; better not greedy, so that they vary.</param>
/// <param name="Answerer">Answers prompts as the data does; greedy.</param>
public sealed record AugmentTeachers(IAnswerTeacher Writer, IAnswerTeacher Answerer);

/// <summary>Makes rows of others, by rules or by a model, and writes them with their lineage; what is validated on stays as it is (<c>data.train</c> takes both files).</summary>
public static class AugmentRun
{
    // Parents that the teacher is asked too, to see whether it knows the task.
    private const int MostParents = 50;

    /// <summary>Makes the rows.</summary>
    /// <param name="options">What is made of which.</param>
    /// <param name="teachers">Who writes; null where nobody has to.</param>
    /// <param name="progress">Gets the work in words, what is done of it, and how much there is.</param>
    /// <param name="warn">Gets sentences about the data.</param>
    /// <param name="cancel">Ends it; what a model wrote stays, and the same call goes on from it.</param>
    /// <exception cref="UserErrorException">Rows or options are wrong, a log is of others, or a model is needed and none is given.</exception>
    /// <exception cref="RunFailedException">The teacher was lost, or no row could be made; what was written stays.</exception>
    public static async Task<AugmentResult> ExecuteAsync(
        AugmentOptions options, AugmentTeachers? teachers, Action<string, int, int>? progress = null, Action<string>? warn = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        AugmentedFile.RequireOurs(options.Out, options.Data);
        var (rows, before) = SourceRow.ReadAll(options.Data, options.Columns, warn ?? (static _ => { }));
        Require(rows, options, teachers);
        var plan = AugmentPlan.Of(rows, before, options);
        var (known, tally) = (new KnownPrompts(near: options.By.Any(static a => a.NeedsModel)), new Tally(options.By));
        foreach (var chat in rows.Select(static r => r.Chat).Concat(before.Select(static r => r.Chat)))
            known.Add(chat, isGiven: true);
        var (made, jobs) = new RuleWork(options, known, tally).Execute(plan, cancel);
        var work = new ModelWork(options, known, tally, progress);
        (int, int)? agreed = null;
        if (teachers is not null)
        {
            made = [.. made, .. await work.WriteAsync(jobs, teachers.Writer, cancel).ConfigureAwait(false)];
            var parents = options.Check is null ? [] : Question.Spread(rows, Math.Min(MostParents, rows.Count));
            var shown = new Draw((ulong)options.Seed, 0, "check", 0).Some(rows, options.CheckShown);
            (made, agreed) = await work.AnswerAsync([.. InOrder(made, options)], [.. parents], shown, teachers.Answerer, cancel).ConfigureAwait(false);
        }
        Candidate[] written = [.. InOrder(made, options)];
        var result = new AugmentResult(options.Out, rows.Count, plan.Classes.Sum(static c => c.Wanted), written.Length, tally.Results, Classes(plan, written), plan.Unlabelled, agreed, work.Logs);
        if (written.Length == 0)
            throw NothingMade(result);
        AugmentedFile.Write(options.Out, written, plan.Field);
        return result;
    }

    private static IEnumerable<Candidate> InOrder(IEnumerable<Candidate> rows, AugmentOptions options) =>
        rows.OrderBy(static c => c.Job.Parent.Index).ThenBy(static c => c.Job.Number).ThenBy(c => options.By.Index().First(b => b.Item == c.Job.By).Index);

    private static IReadOnlyList<ClassResult> Classes(AugmentPlan plan, Candidate[] written)
    {
        var made = written.CountBy(static c => c.Job.Parent.Index).ToDictionary();
        return [.. plan.Classes.Select(c => new ClassResult(c.Label, c.Before, c.Rows.Sum(r => made.GetValueOrDefault(r.Index)), c.Wanted))];
    }

    private static void Require(IReadOnlyList<SourceRow> rows, AugmentOptions options, AugmentTeachers? teachers)
    {
        if (teachers is null && (options.Check is not null || options.By.Any(static a => a.NeedsModel)))
        {
            throw new UserErrorException("data augment", $"{(options.By.FirstOrDefault(static a => a.NeedsModel)?.Name ?? "--check")} needs a model, and none is given",
                "give --model with a folder, or --server with an address and --server-model");
        }
        if (options.By.FirstOrDefault(static a => a.Model is { KeepsAnswer: false }) is { } writes && rows.FirstOrDefault(static r => r.Answered.Count == 0) is { } row)
            throw new UserErrorException(row.Row.Place, $"has no field that holds its answer alone, and {writes.Name} writes a new answer", "map the answer to one field: --columns completion=…");
    }

    private static RunFailedException NothingMade(AugmentResult r) => new(new Problem(
        r.Out, $"no row could be made: {string.Join("; ", r.Augmenters.Where(static a => a.Tried > 0).Select(static a => $"{a.Name}: {string.Join(", ", a.Dropped.Select(static d => $"{d.Count} {d.Reason}"))}"))}",
        r.Logs.Count > 0 ? $"look at what the model wrote: {string.Join(", ", r.Logs)}" : "name other augmenters"));
}
