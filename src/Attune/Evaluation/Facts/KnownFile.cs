using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Evaluation.Facts;

/// <summary>
/// What a model knows of rows, in a file that only grows: JSON lines, the first of which says by which model and how it was found out. A
/// kill leaves whole lines and at most a part of one, which is cut off when the file is opened again.
/// </summary>
public sealed class KnownFile : IDisposable
{
    private const string Mark = "attune_known";
    private const int Version = 1, MostBytes = 1 << 30;

    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string path;
    private readonly FileStream file;

    private KnownFile(string path, FileStream file) => (this.path, this.file) = (path, file);

    /// <summary>Opens the file of these settings to add rows to it, or begins it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">What decides the categories: model, rows, prompts.</param>
    /// <param name="done">The rows that it holds.</param>
    /// <exception cref="UserErrorException">The file is of other settings, or none of ours.</exception>
    public static KnownFile Append(string path, IReadOnlyList<(string Name, string Value)> settings, out IReadOnlyList<KnownRow> done)
    {
        done = [];
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var old = File.Exists(path) ? Lines(path) : [];
            var result = new KnownFile(path, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
            try
            {
                if (old.Count > 0)
                    done = Rows(path, old, settings);
                result.file.SetLength(old.Sum(static l => l.Length + 1L));
                result.file.Seek(0, SeekOrigin.End);
                if (old.Count == 0)
                    result.Write(json => WriteSettings(json, settings));
                return result;
            }
            catch
            {
                result.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException(new Problem(path, $"cannot be written: {e.Message}", "check the folder and its permissions"), e);
        }
    }

    /// <summary>Reads a finished file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">What must agree: the model, say.</param>
    /// <returns>The rows by their hashes.</returns>
    /// <exception cref="UserErrorException">It is of another model, unfinished, or damaged.</exception>
    public static IReadOnlyDictionary<string, KnownRow> Read(string path, IReadOnlyList<(string Name, string Value)> settings)
    {
        var lines = Lines(path);
        if (lines.Count == 0)
            throw NotOurs(path);
        var rows = Rows(path, lines, settings);
        var wanted = Parse(path, lines[0]).GetProperty("settings").TryGetProperty("rows", out var count) && count.ValueKind == JsonValueKind.String
            && int.TryParse(count.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw NotOurs(path);
        return rows.Length == wanted
            ? rows.DistinctBy(static r => r.Hash).ToDictionary(static r => r.Hash, StringComparer.Ordinal)
            : throw new UserErrorException(path, $"holds {rows.Length} of {wanted} rows", "run attune data known again with the same options: it goes on where it stopped");
    }

    /// <summary>Adds a row; it is on the disk when this returns.</summary>
    public void Add(KnownRow row) => Write(json =>
    {
        json.WriteString("file", row.File);
        json.WriteNumber("row", row.Row);
        json.WriteString("hash", row.Hash);
        json.WriteString("category", row.Category.ToString());
        if (row.Greedy is { } greedy)
            json.WriteNumber("greedy", Math.Round(greedy, 6));
        if (row.Sampled is { } sampled)
            json.WriteNumber("sampled", Math.Round(sampled, 6));
    });

    /// <inheritdoc />
    public void Dispose() => file.Dispose();

    private void Write(Action<Utf8JsonWriter> write)
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

    private static void WriteSettings(Utf8JsonWriter json, IReadOnlyList<(string Name, string Value)> settings)
    {
        json.WriteNumber(Mark, Version);
        json.WriteStartObject("settings");
        foreach (var (name, value) in settings)
            json.WriteString(name, value);
        json.WriteEndObject();
    }

    // Whole lines, without their ends.
    private static List<byte[]> Lines(string path)
    {
        if (new FileInfo(path).Length > MostBytes)
            throw NotOurs(path);
        var bytes = InputFile.Read(path, File.ReadAllBytes);
        var lines = new List<byte[]>();
        for (int from = 0, end; (end = Array.IndexOf(bytes, (byte)'\n', from)) >= 0; from = end + 1)
            lines.Add(bytes[from..end]);
        return lines;
    }

    private static KnownRow[] Rows(string path, List<byte[]> lines, IReadOnlyList<(string Name, string Value)> settings)
    {
        var header = Parse(path, lines[0]);
        if (!header.TryGetProperty(Mark, out var version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number) || number != Version
            || !header.TryGetProperty("settings", out var written) || written.ValueKind != JsonValueKind.Object)
            throw NotOurs(path);
        var others = settings.Where(s => Text(written, s.Name) != s.Value).Select(static s => s.Name).ToArray();
        if (others.Length > 0)
            throw new UserErrorException(path, $"was made with another {string.Join(", ", others)}", "run attune data known with what holds now, into another file");
        return [.. lines.Skip(1).Select((line, i) => Row(string.Create(CultureInfo.InvariantCulture, $"{path}, line {i + 2}"), line))];
    }

    private static KnownRow Row(string place, byte[] line)
    {
        var json = Parse(place, line);
        return Text(json, "file") is { } name && Text(json, "hash") is { Length: 32 } hash && Enum.TryParse<Known>(Text(json, "category"), out var category) && Enum.IsDefined(category)
            && json.TryGetProperty("row", out var row) && row.ValueKind == JsonValueKind.Number && row.TryGetInt32(out var number)
            ? new KnownRow(name, number, hash, category, Share(json, "greedy"), Share(json, "sampled"))
            : throw Damaged(place);
    }

    private static double? Share(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var share) && share is >= 0 and <= 1 ? share : null;

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

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

    private static UserErrorException NotOurs(string path) => new(path, "is not a file that attune data known wrote", "make one: attune data known --model M --data FILE");

    private static UserErrorException Damaged(string place) => new(place, "is not a line that attune data known wrote: the file is damaged", "take the lines from here on out of it, or make it anew");
}
