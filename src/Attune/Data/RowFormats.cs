using System.Text.Json;
using Attune.Problems;

namespace Attune.Data;

/// <summary>One way in which records are stored in a file.</summary>
/// <param name="Name">The name in recipes and reports.</param>
/// <param name="Detect">Whether a file's beginning looks like it.</param>
/// <param name="Open">Makes the source.</param>
internal sealed record RowFormat(string Name, Func<RowFile, bool> Detect, Func<RowFile, IRowSource> Open)
{
    /// <summary>Whether a part of a record can be named (<see cref="DataPath.Part"/>).</summary>
    public bool HasParts { get; init; }

    /// <summary>What to do where a file was taken for this format and is another; null where that cannot be.</summary>
    public string? Mistaken { get; init; }
}

/// <summary>The file formats. The content decides, never the extension: public data sets hold JSON lines in files named <c>.json</c>.</summary>
internal static class RowFormats
{
    /// <summary>All formats in the order in which they are tried; the last takes what nothing else is.</summary>
    public static IReadOnlyList<RowFormat> Table { get; } =
    [
        new("json", f => Begins(f, '[') || (Begins(f, '{') && !IsLines(f)), f => new JsonSource(f)) { HasParts = true },
        new("jsonl", f => Begins(f, '{'), f => new JsonLinesSource(f)) { HasParts = true },
        new("csv", CsvDetector.Detect, f => new CsvSource(f)) { Mistaken = CsvHeader.NoTable },
        new("plain", _ => true, f => new PlainSource(f)),
    ];

    /// <summary>The format of a file: the first that recognises it.</summary>
    public static RowFormat Of(RowFile file)
    {
        if (file.HeadIsAll && file.Head.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
            throw new UserErrorException(file.Path, "is empty: it holds no rows", "give a file with at least one row");
        var format = Table.First(t => t.Detect(file));
        if (!file.Steps.IsEmpty && !format.HasParts)
            throw new UserErrorException(file.Given, $"is {format.Name}, which has no parts: only a JSON document has", $"leave out #{string.Join('.', file.Steps.ToArray())}");
        return format;
    }

    private static bool Begins(RowFile file, char c)
    {
        var first = file.Head.Span.IndexOfAnyExcept(" \t\r\n"u8);
        return first >= 0 && file.Head.Span[first] == c;
    }

    /// <summary>Tells objects on lines of their own from one document: one that is written over several lines, or that holds the rows by key or in a list.</summary>
    private static bool IsLines(RowFile file)
    {
        var text = file.Head.Span.TrimStart(" \t\r\n"u8);
        var end = text.IndexOf((byte)'\n');
        if (end < 0) return !JsonLayout.IsDocument(text, file.HeadIsAll);
        var first = text[..end];
        var rest = text[(end + 1)..];
        try
        {
            using var document = JsonDocument.Parse(first.ToArray());
            return !(file.HeadIsAll && rest.Trim(" \t\r\n"u8).IsEmpty && JsonLayout.IsDocument(first, whole: true));
        }
        catch (JsonException)
        {
            // A broken first line among lines is a broken row; a pretty-printed object does not begin its second line with a brace in column 0.
            return rest.StartsWith("{"u8);
        }
    }
}
