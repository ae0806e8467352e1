using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Distillation;

/// <summary>
/// What a teacher answered, row by row, in a file that only grows: JSON lines, the first of which says under which settings. A kill
/// leaves whole lines and at most one part of a line, which is cut off when the file is opened again.
/// </summary>
internal sealed class AnswerLog : IDisposable
{
    private const int Version = 1;
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string path;
    private readonly FileStream file;
    private readonly List<RowAnswers> done = [];

    private AnswerLog(string path, FileStream file) => (this.path, this.file) = (path, file);

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
        var log = new AnswerLog(path, OpenFile(path));
        try
        {
            long end = 0;
            var number = 0;
            foreach (var (line, after) in Lines(log.file))
            {
                var place = string.Create(CultureInfo.InvariantCulture, $"{path}, line {++number}");
                if (number == 1)
                    CheckSettings(path, Parse(place, line), settings);
                else if (number - 2 >= rows.Count)
                    throw new UserErrorException(path, $"holds more answers than the {rows.Count} rows", "give the rows that it was begun with, or another --out");
                else
                    log.done.Add(ReadRow(place, Parse(place, line), rows[number - 2].Id));
                end = after;
            }
            log.file.SetLength(end);
            log.file.Position = end;
            if (number == 0)
                log.Append(json => WriteSettings(json, settings));
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Adds the next row's answers; they are on the disk when this returns.</summary>
    public void Append(PromptRow row, RowAnswers answers)
    {
        Append(json =>
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
        if (done.Count > 0)
            return;
        file.Dispose();
        File.Delete(path);
    }

    /// <inheritdoc />
    public void Dispose() => file.Dispose();

    private void Append(Action<Utf8JsonWriter> write)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, OneLine))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        line.WriteByte((byte)'\n');
        try
        {
            file.Write(line.GetBuffer(), 0, (int)line.Length);
            file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (AtomicFile.IsOfTheDisk(e))
        {
            throw new RunFailedException(new Problem(path, $"cannot be written: {e.Message}", "free space; the same command goes on after the last whole row"), e);
        }
    }

    private static FileStream OpenFile(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException(new Problem(path, $"cannot be written: {e.Message}", "check the folder and its permissions, and that no other run is writing it"), e);
        }
    }

    // Whole lines, each with the position behind its end.
    private static IEnumerable<(byte[] Line, long After)> Lines(FileStream file)
    {
        using var line = new MemoryStream();
        long at = 0;
        for (int b; (b = file.ReadByte()) >= 0;)
        {
            at++;
            if (b != '\n')
            {
                line.WriteByte((byte)b);
                continue;
            }
            yield return (line.ToArray(), at);
            line.SetLength(0);
        }
    }

    private static void WriteSettings(Utf8JsonWriter json, IReadOnlyList<(string Name, string Value)> settings)
    {
        json.WriteNumber("attune_answers", Version);
        json.WriteStartObject("settings");
        foreach (var (name, value) in settings)
            json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static void CheckSettings(string path, JsonElement header, IReadOnlyList<(string Name, string Value)> settings)
    {
        if (!header.TryGetProperty("attune_answers", out var version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number) || number != Version
            || !header.TryGetProperty("settings", out var written) || written.ValueKind != JsonValueKind.Object)
            throw new UserErrorException(path, "is not a file of answers that this version wrote", "move it away, or give another --out");
        var others = settings.Where(s => !written.TryGetProperty(s.Name, out var was) || was.ValueKind != JsonValueKind.String || was.GetString() != s.Value).Select(static s => s.Name).ToArray();
        if (others.Length > 0)
            throw new UserErrorException(path, $"holds answers of another {string.Join(", ", others)}", "give what it was begun with, or another --out");
    }

    private static JsonElement Parse(string place, byte[] line)
    {
        try
        {
            using var json = JsonDocument.Parse(Encoding.UTF8.GetString(line));
            if (json.RootElement.ValueKind == JsonValueKind.Object)
                return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Said below in the words for every line that is none of ours.
        }
        throw Damaged(place);
    }

    private static RowAnswers ReadRow(string place, JsonElement line, string id)
    {
        if (Text(line, "row") is not { } row || !line.TryGetProperty("answers", out var list) || list.ValueKind != JsonValueKind.Array)
            throw Damaged(place);
        if (row != id)
            throw new UserErrorException(place, $"answers {row}, where the rows given have {id}", "give the rows that it was begun with, or another --out");
        return new RowAnswers([.. list.EnumerateArray().Select(a => ReadAnswer(place, a))], Text(line, "refusal"));
    }

    private static TeacherAnswer ReadAnswer(string place, JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && Text(answer, "text") is { } text
            && answer.TryGetProperty("stopped", out var stopped) && stopped.ValueKind is JsonValueKind.True or JsonValueKind.False
            && answer.TryGetProperty("tokens", out var tokens) && tokens.ValueKind == JsonValueKind.Number && tokens.TryGetInt32(out var count) && count >= 0
            ? new TeacherAnswer(text, stopped.GetBoolean(), count)
            : throw Damaged(place);

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static UserErrorException Damaged(string place) => new(place, "is not a line that Attune wrote: the file is damaged", "take the lines from here on out of it, or move it away");
}
