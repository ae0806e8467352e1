using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Data;

/// <summary>
/// Writes rows in the format of the file that they come from: JSON lines, a JSON array, CSV with the same header and separator, or documents of
/// plain text. A row with its bytes (<see cref="Row.Raw"/>) is written byte for byte, one without (new, changed, or a part of a record) by its fields.
/// </summary>
/// <remarks>
/// A JSON document that holds its rows by key, or in a list within it, becomes an array. Line ends are those of the file's first line; a byte-order
/// mark is not kept; a name that ends in <c>.gz</c> is packed.
/// </remarks>
internal static class RowWriter
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file: all of it, or nothing.</summary>
    /// <param name="target">The file to make or to replace.</param>
    /// <param name="like">The file whose format it has.</param>
    /// <param name="rows">The rows in order; read as they are written.</param>
    /// <exception cref="UserErrorException">A row has no bytes and no fields, or fields that the header of a CSV file lacks.</exception>
    /// <exception cref="RunFailedException">The disk is full, or the place cannot be written to.</exception>
    public static void Write(string target, RowFile like, IEnumerable<Row> rows) => AtomicFile.Write(target, file =>
    {
        if (!target.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            WriteRows(file, like, rows);
            return;
        }
        using var packed = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true);
        WriteRows(packed, like, rows);
    });

    /// <summary>Why rows of all these files cannot stand in one; null where they can.</summary>
    public static string? Unlike(IReadOnlyList<RowFile> files)
    {
        string[] formats = [.. files.Select(static f => RowFormats.Of(f).Name).Distinct()];
        if (formats.Length > 1) return $"files of different formats ({string.Join(", ", formats)})";
        if (HeaderOf(files[0]) is not { } header) return null;
        static string Named(RowFile file) => $"{file.Name}: {string.Join(", ", HeaderOf(file)!.Names.Select(static n => $"`{n}`"))}";
        return files.FirstOrDefault(f => !header.NamesTheSame(HeaderOf(f)!)) is { } other ? $"files with different columns ({Named(files[0])}; {Named(other)})" : null;
    }

    /// <summary>True if the bytes of a file's records mean something else in one like another: CSV with its columns in another order, or between other separators.</summary>
    public static bool IsForeign(RowFile file, RowFile like) => HeaderOf(file) is { } header && !HeaderOf(like)!.Agrees(header);

    /// <summary>A record's fields as one line of JSON.</summary>
    public static byte[] Line(JsonObject fields) => JsonSerializer.SerializeToUtf8Bytes(fields, Plain);

    private static void WriteRows(Stream stream, RowFile like, IEnumerable<Row> rows)
    {
        var form = FormOf(like);
        stream.Write(form.Begin);
        var first = true;
        foreach (var row in rows)
        {
            if (!first) stream.Write(form.Between);
            first = false;
            stream.Write(row.Raw.IsEmpty ? form.Write(row) : row.Raw.Span);
        }
        stream.Write(form.End);
    }

    private static Form FormOf(RowFile like)
    {
        var end = like.Head.Span.IndexOf("\r\n"u8) is var crlf and >= 0 && like.Head.Span.IndexOf((byte)'\n') == crlf + 1 ? "\r\n" : "\n";
        static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
        return RowFormats.Of(like).Name switch
        {
            "jsonl" => new Form([], Bytes(end), Bytes(end), FieldsOf),
            "json" => new Form(Bytes("[" + end), Bytes("," + end), Bytes(end + "]" + end), FieldsOf),
            "csv" => CsvForm(like, Bytes(end)),
            _ => new Form([], Bytes(end + "---" + end), Bytes(end), static row => Bytes(row.Fields["text"]?.GetValue<string>() ?? throw Lost(row))),
        };
    }

    private static byte[] FieldsOf(Row row) => row.Fields.Count == 0 ? throw Lost(row) : Line(row.Fields);

    private static CsvHeader? HeaderOf(RowFile file) => RowFormats.Of(file).Name == "csv" ? CsvHeader.Of(file) : null;

    private static Form CsvForm(RowFile like, byte[] end)
    {
        var header = CsvHeader.Of(like);
        return new Form([.. header.Raw.Span, .. end], end, end, row => CsvRecord(row, header));
    }

    private static byte[] CsvRecord(Row row, CsvHeader header)
    {
        if (row.Fields.Count == 0) throw Lost(row);
        if (row.Fields.FirstOrDefault(f => !header.Names.Contains(f.Key)) is { Key: { } other })
            throw new UserErrorException(row.Place, $"has a field `{other}`, for which the CSV file has no column", "use JSON lines");
        return Encoding.UTF8.GetBytes(string.Join(header.Separator, header.Names.Select(n => Cell(row.Fields[n], header.Separator))));
    }

    private static string Cell(JsonNode? value, char separator)
    {
        var text = value is null ? "" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString(Plain);
        return text.AsSpan().IndexOfAny([separator, '"', '\n', '\r']) < 0 && text.AsSpan().Trim().Length == text.Length ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static UserErrorException Lost(Row row) =>
        new(row.Place, $"cannot be written as it came{(row.Fault is { } fault ? $": it {fault.Message}" : "")}", "mend or remove the row");

    /// <summary>How a format puts rows together; the end is written behind the last row too.</summary>
    private sealed record Form(byte[] Begin, byte[] Between, byte[] End, Func<Row, byte[]> Write);
}
