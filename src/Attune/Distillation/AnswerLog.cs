using System.Text.Json;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Distillation;

/// <summary>What a teacher answered, row by row, in a <see cref="JsonLog"/>.</summary>
internal sealed class AnswerLog : IDisposable
{
    private static readonly JsonLogKind Kind = new("attune_answers", 1, "answers", "give what it was begun with, or another --out");

    private readonly JsonLog log;
    private readonly List<RowAnswers> done;

    private AnswerLog(JsonLog log, List<RowAnswers> done) => (this.log, this.done) = (log, done);

    /// <summary>What is answered, from the first row on.</summary>
    public IReadOnlyList<RowAnswers> Done => done;

    /// <summary>Opens the log of these rows and settings, or begins it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">What decides the answers.</param>
    /// <param name="rows">What is asked.</param>
    /// <exception cref="UserErrorException">The file is of other settings, or of other rows, or is damaged.</exception>
    /// <exception cref="RunFailedException">It cannot be written.</exception>
    public static AnswerLog Open(string path, IReadOnlyList<(string Name, string Value)> settings, IReadOnlyList<PromptRow> rows)
    {
        var done = new List<RowAnswers>();
        var log = JsonLog.Open(path, Kind, settings, line => done.Add(done.Count < rows.Count
            ? ReadRow(line, rows[done.Count].Id)
            : throw new UserErrorException(path, $"holds more answers than the {rows.Count} rows", "give the rows that it was begun with, or another --out")));
        return new AnswerLog(log, done);
    }

    /// <summary>Adds the next row's answers; they are on the disk when this returns.</summary>
    public void Append(PromptRow row, RowAnswers answers)
    {
        log.Append(json =>
        {
            json.WriteString("row", row.Id);
            json.WriteStartArray("answers");
            foreach (var answer in answers.Answers)
            {
                json.WriteStartObject();
                json.WriteString("text", answer.Text);
                json.WriteBoolean("stopped", answer.Stopped);
                json.WriteNumber("tokens", answer.Tokens);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            if (answers.Refusal is { } refusal)
                json.WriteString("refusal", refusal);
        });
        done.Add(answers);
    }

    /// <summary>Takes a log away that holds no answer, so that it does not stand in the way of other settings.</summary>
    public void RemoveIfEmpty()
    {
        if (done.Count == 0)
            log.Delete();
    }

    /// <inheritdoc />
    public void Dispose() => log.Dispose();

    private static RowAnswers ReadRow(JsonLogLine line, string id)
    {
        if (line.Text("row") is not { } row || !line.Json.TryGetProperty("answers", out var list) || list.ValueKind != JsonValueKind.Array)
            throw line.Damaged();
        if (row != id)
            throw new UserErrorException(line.Place, $"answers {row}, where the rows given have {id}", "give the rows that it was begun with, or another --out");
        return new RowAnswers([.. list.EnumerateArray().Select(a => ReadAnswer(line, line with { Json = a }))], line.Text("refusal"));
    }

    private static TeacherAnswer ReadAnswer(JsonLogLine line, JsonLogLine answer) =>
        answer.Json.ValueKind == JsonValueKind.Object && answer.Text("text") is { } text
            && answer.Json.TryGetProperty("stopped", out var stopped) && stopped.ValueKind is JsonValueKind.True or JsonValueKind.False
            && answer.Whole("tokens") is >= 0 and var count
            ? new TeacherAnswer(text, stopped.GetBoolean(), count)
            : throw line.Damaged();
}
