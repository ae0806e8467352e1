using System.Globalization;
using System.Text;
using System.Text.Json;
using Attune.Problems;

namespace Attune.Reports;

/// <summary>One line of <c>metrics.jsonl</c>.</summary>
/// <param name="Kind">What it is about: <c>step</c>, <c>valid</c>, <c>saved</c>.</param>
/// <param name="Step">The optimizer step.</param>
/// <param name="Values">Named numbers; one that is not finite is written as null and read back as NaN.</param>
public sealed record MetricsLine(string Kind, int Step, IReadOnlyList<KeyValuePair<string, double>> Values)
{
    /// <summary>The number of this name; NaN where there is none.</summary>
    public double this[string name] => Values.Where(v => v.Key == name).Select(v => v.Value).FirstOrDefault(double.NaN);
}

/// <summary>
/// Appends to <c>metrics.jsonl</c>, one JSON object a line, each flushed to the system before the call returns, so that a killed run keeps its history.
/// Opening for a resumed run drops what lies after the checkpoint's step, and a last line that a kill left torn.
/// </summary>
public sealed class MetricsLog : IDisposable
{
    private readonly FileStream stream;
    private readonly string path;

    private MetricsLog(string path)
    {
        this.path = path;
        // Without a buffer: what failed to be written must not be written again on closing.
        stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>Opens the log; lines of steps after <paramref name="keepUpTo"/> are removed (0 for a new run: all).</summary>
    /// <exception cref="RunFailedException">The file cannot be written.</exception>
    public static MetricsLog Open(string path, int keepUpTo)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            if (File.Exists(path))
                Formats.AtomicFile.WriteText(path, string.Concat(Read(path).Where(l => keepUpTo > 0 && l.Step <= keepUpTo).Select(l => Text(l) + "\n")));
            return new(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed(path, e);
        }
    }

    /// <summary>Writes one line.</summary>
    /// <exception cref="RunFailedException">The disk is full, or gone.</exception>
    public void Append(MetricsLine line)
    {
        try
        {
            stream.Write(Encoding.UTF8.GetBytes(Text(line) + "\n"));
        }
        catch (Exception e) when (Formats.AtomicFile.IsOfTheDisk(e))
        {
            throw Failed(path, e);
        }
    }

    /// <summary>The lines of a log; those that are not whole or not ours are left out.</summary>
    public static IReadOnlyList<MetricsLine> Read(string path)
    {
        var lines = new List<MetricsLine>();
        foreach (var text in File.ReadLines(path))
        {
            if (Parse(text) is { } line)
                lines.Add(line);
        }

        return lines;
    }

    /// <summary>The curve of one number, over the lines of one kind.</summary>
    public static IReadOnlyList<CurvePoint> Curve(IEnumerable<MetricsLine> lines, string kind, string name) =>
        [.. lines.Where(l => l.Kind == kind && l.Values.Any(v => v.Key == name)).Select(l => new CurvePoint(l.Step, l[name]))];

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private static string Text(MetricsLine line)
    {
        var values = line.Values.Select(v =>
            $", {JsonSerializer.Serialize(v.Key, Json.Default.String)}: {(double.IsFinite(v.Value) ? v.Value.ToString("R", CultureInfo.InvariantCulture) : "null")}");
        return $"{{\"kind\": {JsonSerializer.Serialize(line.Kind, Json.Default.String)}, \"step\": {line.Step.ToString(CultureInfo.InvariantCulture)}{string.Concat(values)}}}";
    }

    private static MetricsLine? Parse(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("kind", out var kind) || kind.ValueKind != JsonValueKind.String
                || !json.RootElement.TryGetProperty("step", out var at) || !at.TryGetInt32(out var step))
                return null;
            var values = json.RootElement.EnumerateObject()
                .Where(p => p.Name is not ("kind" or "step") && p.Value.ValueKind is JsonValueKind.Number or JsonValueKind.Null)
                .Select(p => KeyValuePair.Create(p.Name, p.Value.ValueKind == JsonValueKind.Null ? double.NaN : p.Value.GetDouble()));
            return new(kind.GetString()!, step, [.. values]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static RunFailedException Failed(string path, Exception e) =>
        new(new Problem(path, $"cannot be written: {e.Message}", "free space on the disk or check the folder's permissions, then run again to resume"), e);
}
