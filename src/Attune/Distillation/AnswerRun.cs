using System.Globalization;
using System.Runtime.ExceptionServices;
using Attune.Problems;

namespace Attune.Distillation;

/// <summary>What became of asking a teacher.</summary>
/// <param name="Output">The rows to train on.</param>
/// <param name="Log">Every answer, filtered or not; the same command goes on from it, and another filter starts from it.</param>
/// <param name="Rows">Rows that are to be answered.</param>
/// <param name="Answered">Rows that are.</param>
/// <param name="Answers">Answers that the teacher wrote.</param>
/// <param name="Kept">Answers that became rows.</param>
/// <param name="RowsKept">Rows of which an answer stayed.</param>
/// <param name="Refused">Rows that the teacher could not answer.</param>
/// <param name="Dropped">Answers that went, by the reason.</param>
/// <param name="Tokens">Tokens that the teacher wrote.</param>
public sealed record AnswerResult(
    string Output, string Log, int Rows, int Answered, int Answers, int Kept, int RowsKept, int Refused, IReadOnlyList<(string Reason, int Count)> Dropped, long Tokens);

/// <summary>Has a teacher answer rows, and writes what is worth learning as rows to train on.</summary>
public static class AnswerRun
{
    /// <summary>The file of all answers that belongs to a file of rows.</summary>
    public static string LogOf(string output) => Path.ChangeExtension(output, ".answers.jsonl");

    /// <summary>Answers what is not answered yet, and writes the rows.</summary>
    /// <param name="rows">What is asked.</param>
    /// <param name="teacher">Who answers.</param>
    /// <param name="filter">Which answers stay.</param>
    /// <param name="output">The file of rows; beside it stands the log of all answers.</param>
    /// <param name="progress">Gets the rows that are answered, and the last one's answers.</param>
    /// <param name="cancel">Ends it; what is answered stays.</param>
    /// <exception cref="UserErrorException">The log is of other rows or settings, or the output is not ours to overwrite.</exception>
    /// <exception cref="RunFailedException">The teacher was lost, or no answer is left; what is answered stays.</exception>
    public static async Task<AnswerResult> ExecuteAsync(
        IReadOnlyList<PromptRow> rows, IAnswerTeacher teacher, FilterOptions filter, string output, Action<int>? progress = null, CancellationToken cancel = default)
    {
        var path = LogOf(output);
        if (File.Exists(output) && !File.Exists(path))
            throw new UserErrorException(output, "exists already, and no file of answers stands beside it", "choose another --out, or move it away");
        using var log = AnswerLog.Open(path, [.. teacher.Settings, ("rows", PromptRow.Hash(rows))], rows);
        Exception? ended = null;
        try
        {
            progress?.Invoke(log.Done.Count);
            await foreach (var said in teacher.AnswerAsync(rows, log.Done.Count, cancel).ConfigureAwait(false))
            {
                log.Append(rows[log.Done.Count], said);
                progress?.Invoke(log.Done.Count);
            }
        }
        catch (Exception e) when (e is RunFailedException or UserErrorException or OperationCanceledException)
        {
            ended = e;
            log.RemoveIfEmpty();
        }
        var result = Write(rows, log.Done, teacher.Name, filter, output, path);
        if (ended is RunFailedException failed)
            throw new RunFailedException(failed.Problem with { Message = $"{failed.Problem.Message}; {Kept(result)}" }, failed);
        if (ended is not null)
            ExceptionDispatchInfo.Throw(ended);
        return result.Kept > 0 ? result : throw NothingLeft(result);
    }

    private static AnswerResult Write(IReadOnlyList<PromptRow> rows, IReadOnlyList<RowAnswers> done, string teacher, FilterOptions options, string output, string log)
    {
        var filter = new AnswerFilter(options);
        var kept = done.SelectMany((said, i) => filter.Keep(rows[i], said).Select(a => (Row: rows[i], Answer: a))).ToList();
        if (kept.Count > 0)
            AnswerRows.Write(output, kept, teacher);
        return new AnswerResult(
            output, log, rows.Count, done.Count, done.Sum(static r => r.Answers.Count), kept.Count, kept.Select(static k => k.Row.Id).Distinct().Count(), filter.Refused, filter.Dropped,
            done.Sum(static r => r.Answers.Sum(static a => (long)a.Tokens)));
    }

    private static string Kept(AnswerResult r) => r.Answered == 0
        ? "no row is answered yet"
        : string.Create(CultureInfo.InvariantCulture, $"{r.Answered} of {r.Rows} rows are answered and kept in {r.Log}, and the same command goes on from there");

    private static RunFailedException NothingLeft(AnswerResult r) => new(new Problem(
        r.Output, r.Answers == 0 ? "the teacher answered no row" : $"no answer is left: {string.Join(", ", r.Dropped.Select(static d => $"{d.Count} {d.Reason}"))}",
        $"ask for other filters, which need no new answers (all {r.Answers} are in {r.Log}), or for longer answers with another --out"));
}
