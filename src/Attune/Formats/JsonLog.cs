using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Attune.Problems;

namespace Attune.Formats;

/// <summary>A kind of <see cref="JsonLog"/>.</summary>
/// <param name="Mark">The property of its first line that holds the version.</param>
/// <param name="Version">The version.</param>
/// <param name="Holds">What it holds, for messages: <c>answers</c>.</param>
/// <param name="Remedy">What to do where it holds those of other settings, or is no such file.</param>
internal sealed record JsonLogKind(string Mark, int Version, string Holds, string Remedy);

/// <summary>One line of a <see cref="JsonLog"/>.</summary>
/// <param name="Place">File and line, for messages.</param>
/// <param name="Json">An object.</param>
internal readonly record struct JsonLogLine(string Place, JsonElement Json)
{
    /// <summary>The text of that name; null where there is none.</summary>
    public string? Text(string name) => Text(Json, name);

    /// <summary>The whole number of that name; null where there is none.</summary>
    public int? Whole(string name) => Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    /// <summary>What to throw where the line says nothing that Attune would write.</summary>
    public UserErrorException Damaged() => new(Place, "is not a line that Attune wrote: the file is damaged", "take the lines from here on out of it, or move it away");

    internal static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>
/// Work that takes long, kept line by line in a file that only grows: JSON lines, the first of which says under which settings. A kill
/// leaves whole lines and at most a part of one, which is cut off when the file is opened again.
/// </summary>
internal sealed class JsonLog : IDisposable
{
    // Of a file that is no log, no more than this is read for its first line.
    private const int MostLineBytes = 1 << 26;

    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string path;
    private readonly FileStream file;

    private JsonLog(string path, FileStream file) => (this.path, this.file) = (path, file);

    /// <summary>Opens the log of these settings to go on with it, or begins it.</summary>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="settings">What decides the lines.</param>
    /// <param name="take">Gets the lines that it holds, in order.</param>
    /// <exception cref="UserErrorException">The file is of other settings, or none of this kind, or damaged.</exception>
    /// <exception cref="RunFailedException">It cannot be written.</exception>
    public static JsonLog Open(string path, JsonLogKind kind, IReadOnlyList<(string Name, string Value)> settings, Action<JsonLogLine> take)
    {
        var log = new JsonLog(path, OpenFile(path));
        try
        {
            var end = ReadLines(log.file, path, kind, settings, take, out var written);
            log.file.SetLength(end);
            log.file.Position = end;
            if (written is null)
                log.Append(json => WriteSettings(json, kind, settings));
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Reads a log that nobody adds to.</summary>
    /// <inheritdoc cref="Open" path="/param"/>
    /// <returns>The settings that it says, those that were not asked about too.</returns>
    /// <exception cref="UserErrorException">The file is missing, of other settings, none of this kind, or damaged.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path, JsonLogKind kind, IReadOnlyList<(string Name, string Value)> settings, Action<JsonLogLine> take)
    {
        using var file = InputFile.Read(path, File.OpenRead);
        ReadLines(file, path, kind, settings, take, out var written);
        return written ?? throw NotOurs(path, kind);
    }

    /// <summary>Adds a line; it is on the disk when this returns.</summary>
    /// <exception cref="RunFailedException">The disk is full, or gone.</exception>
    public void Append(Action<Utf8JsonWriter> write) => Append([write]);

    /// <summary>Adds lines; they are on the disk when this returns.</summary>
    /// <exception cref="RunFailedException">The disk is full, or gone.</exception>
    public void Append(IEnumerable<Action<Utf8JsonWriter>> writes)
    {
        using var lines = new MemoryStream();
        foreach (var write in writes)
        {
            using (var json = new Utf8JsonWriter(lines, OneLine))
            {
                json.WriteStartObject();
                write(json);
                json.WriteEndObject();
            }
            lines.WriteByte((byte)'\n');
        }
        try
        {
            file.Write(lines.GetBuffer(), 0, (int)lines.Length);
            file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (AtomicFile.IsOfTheDisk(e))
        {
            throw new RunFailedException(new Problem(path, $"cannot be written: {e.Message}", "free space; the same command goes on after the last whole row"), e);
        }
    }

    /// <summary>Closes the file and takes it away.</summary>
    public void Delete()
    {
        file.Dispose();
        File.Delete(path);
    }

    /// <inheritdoc />
    public void Dispose() => file.Dispose();

    private static FileStream OpenFile(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            // Shared with nobody: where sharing is by advisory locks, one that lets others read lets others write too.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException(new Problem(path, $"cannot be written: {e.Message}", "check the folder and its permissions, and that no other run is writing it"), e);
        }
    }

    // The position behind the last whole line.
    private static long ReadLines(
        FileStream file, string path, JsonLogKind kind, IReadOnlyList<(string Name, string Value)> settings, Action<JsonLogLine> take,
        out IReadOnlyDictionary<string, string>? written)
    {
        written = null;
        using var line = new MemoryStream();
        long at = 0, end = 0;
        var number = 0;
        for (int b; (b = file.ReadByte()) >= 0;)
        {
            at++;
            if (b != '\n')
            {
                line.WriteByte((byte)b);
                if (line.Length > MostLineBytes)
                    throw NotOurs(path, kind);
                continue;
            }
            var place = string.Create(CultureInfo.InvariantCulture, $"{path}, line {++number}");
            var json = Parse(line);
            if (number == 1)
                written = ReadSettings(path, json, kind, settings);
            else
                take(json is { } whole ? new JsonLogLine(place, whole) : throw new JsonLogLine(place, default).Damaged());
            line.SetLength(0);
            end = at;
        }
        // A first line without its end may be what a kill left of a header; anything else is somebody's file, which is not to be written over.
        if (number == 0 && line.Length > 0 && !IsTornHeader(line, kind))
            throw NotOurs(path, kind);
        return end;
    }

    private static bool IsTornHeader(MemoryStream line, JsonLogKind kind)
    {
        var begin = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"{kind.Mark}\":{kind.Version},\"settings\":{{"));
        var found = line.GetBuffer().AsSpan(0, (int)line.Length);
        return found.Length < begin.Length ? begin.AsSpan().StartsWith(found) : found.StartsWith(begin);
    }

    private static JsonElement? Parse(MemoryStream line)
    {
        try
        {
            using var json = JsonDocument.Parse(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
            return json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void WriteSettings(Utf8JsonWriter json, JsonLogKind kind, IReadOnlyList<(string Name, string Value)> settings)
    {
        json.WriteNumber(kind.Mark, kind.Version);
        json.WriteStartObject("settings");
        foreach (var (name, value) in settings)
            json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static Dictionary<string, string> ReadSettings(string path, JsonElement? header, JsonLogKind kind, IReadOnlyList<(string Name, string Value)> settings)
    {
        if (header is not { } json || new JsonLogLine(path, json).Whole(kind.Mark) != kind.Version
            || !json.TryGetProperty("settings", out var written) || written.ValueKind != JsonValueKind.Object)
            throw NotOurs(path, kind);
        var others = settings.Where(s => JsonLogLine.Text(written, s.Name) != s.Value).Select(static s => s.Name).ToArray();
        if (others.Length > 0)
            throw new UserErrorException(path, $"holds {kind.Holds} of another {string.Join(", ", others)}", kind.Remedy);
        return written.EnumerateObject().Where(static p => p.Value.ValueKind == JsonValueKind.String)
            .DistinctBy(static p => p.Name).ToDictionary(static p => p.Name, static p => p.Value.GetString()!, StringComparer.Ordinal);
    }

    private static UserErrorException NotOurs(string path, JsonLogKind kind) => new(path, $"is not a file of {kind.Holds} that this version wrote", kind.Remedy);
}
