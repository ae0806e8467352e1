using System.Text.Json;
using Attune.Problems;

namespace Attune.Data;

/// <summary>One way in which records are stored in a file.</summary>
/// <param name="Name">The name in recipes and reports.</param>
/// <param name="Detect">Whether a file's beginning looks like it.</param>
/// <param name="Open">Makes the source.</param>
internal sealed record RowFormat(string Name, Func<RowFile, bool> Detect, Func<RowFile, IRowSource> Open);

/// <summary>The file formats. The content decides, never the extension: public data sets hold JSON lines in files named <c>.json</c>.</summary>
internal static class RowFormats
{
    /// <summary>All formats in the order in which they are tried; the last takes what nothing else is.</summary>
    public static IReadOnlyList<RowFormat> Table { get; } =
    [
        new("json", f => Begins(f, '[') || (Begins(f, '{') && !IsLines(f)), f => new JsonSource(f)),
        new("jsonl", f => Begins(f, '{'), f => new JsonLinesSource(f)),
        new("csv", CsvSource.Detect, f => new CsvSource(f)),
        new("plain", _ => true, f => new PlainSource(f)),
    ];

    /// <summary>The format of a file: the one that is asked for, else the first that recognises it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="asked">A name from the table, or null to detect.</param>
    public static RowFormat Of(RowFile file, string? asked = null)
    {
        if (file.HeadIsAll && file.Head.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
            throw new UserErrorException(file.Path, "is empty: it holds no rows", "give a file with at least one row");
        if (asked is null) return Table.First(t => t.Detect(file));
        return Table.FirstOrDefault(t => t.Name == asked)
            ?? throw new UserErrorException("data.format", $"there is no file format `{asked}`", $"known are {string.Join(", ", Table.Select(t => t.Name))}");
    }

    private static bool Begins(RowFile file, char c)
    {
        var first = file.Head.Span.IndexOfAnyExcept(" \t\r\n"u8);
        return first >= 0 && file.Head.Span[first] == c;
    }

    /// <summary>Tells objects on lines of their own from one object that is written over several lines, or that holds the rows by key.</summary>
    private static bool IsLines(RowFile file)
    {
        var text = file.Head.Span.TrimStart(" \t\r\n"u8);
        var end = text.IndexOf((byte)'\n');
        if (end < 0 && !file.HeadIsAll) return true;
        var first = end < 0 ? text : text[..end];
        var rest = end < 0 ? default : text[(end + 1)..].TrimStart(" \t\r\n"u8);
        var alone = rest.IsEmpty && file.HeadIsAll;
        try
        {
            using var document = JsonDocument.Parse(first.ToArray());
            return !(alone && document.RootElement.EnumerateObject().All(p => p.Value.ValueKind == JsonValueKind.Object));
        }
        catch (JsonException)
        {
            // A broken first line among lines is a broken row; a pretty-printed object does not begin its second line with a brace in column 0.
            return end >= 0 && text[(end + 1)..].StartsWith("{"u8);
        }
    }
}
