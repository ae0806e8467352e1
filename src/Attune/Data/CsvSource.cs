using System.Text;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using CsvHelper;

namespace Attune.Data;

/// <summary>Values separated by comma, semicolon, tab or bar, with a header row (RFC 4180: quoted cells may hold line ends). Cells are strings.</summary>
internal sealed class CsvSource(RowFile file) : IRowSource
{
    /// <inheritdoc/>
    public IEnumerable<Row> Records()
    {
        var badQuotes = new Dictionary<long, string>();
        using var reader = CsvReader.Create(file.Open(), new CsvReaderOptions
        {
            TrackLineNumbers = true,
            MaxRecordSize = 256 << 20,
            Encoding = Encoding.UTF8,
            OnMalformedRecord = r =>
            {
                if (Reason(r.Reason) is { } reason) badQuotes[r.LineNumber] = reason;
            },
        });
        var names = reader.Headers;
        if (CsvHeader.Fault($"{file.Name}, line 1", names) is { } fault)
        {
            yield return new Row(file.Name, 0, 1, []) { Fault = fault, EndsFile = true };
            yield break;
        }
        Row? broken;
        while (Advance(reader, out broken))
        {
            var (number, line, raw) = ((int)reader.RowNumber, reader.LineNumber, reader.RawRecord.ToArray());
            var (wrong, remedy) = Wrong(reader, names, badQuotes.GetValueOrDefault(line));
            yield return wrong is null
                ? new Row(file.Name, number, line, Fields(names, reader)) { Raw = raw }
                : Row.Bad(file.Name, number, line, $"{wrong}: {Excerpt(reader)}", remedy, raw);
        }
        if (broken is not null) yield return broken;
    }

    private static (string? Wrong, string Remedy) Wrong(CsvReader reader, IReadOnlyList<string> names, string? badQuote)
    {
        if (badQuote is not null) return (badQuote, "quote the whole cell and double the quotes within it");
        if (reader.FieldCount != names.Count) return ($"has {reader.FieldCount} cells where the header has {names.Count}", "quote cells that hold the separator");
        return Utf8.IsValid(reader.RawRecord) ? (null, "") : ("is not valid UTF-8", "save the file as UTF-8");
    }

    private static JsonObject Fields(IReadOnlyList<string> names, CsvReader reader)
    {
        var fields = new JsonObject();
        for (var i = 0; i < names.Count; i++) fields[names[i]] = reader.GetString(i);
        return fields;
    }

    // A lone quote within a cell (5" disk) is text and no fault.
    private static string? Reason(CsvMalformedReason reason) => reason switch
    {
        CsvMalformedReason.TextAfterClosingQuote => "has text behind a closing quote",
        CsvMalformedReason.UnterminatedQuote => "opens a quote that is never closed",
        _ => null,
    };

    private bool Advance(CsvReader reader, out Row? broken)
    {
        broken = null;
        try
        {
            return reader.Read();
        }
        catch (CsvFormatException e)
        {
            broken = Row.Bad(file.Name, (int)Math.Max(1, e.RecordNumber - 1), e.LineNumber, $"cannot be read as CSV: {e.Message}", "check the quotes", endsFile: true);
            return false;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw RowFile.Unreadable(file.Path, e);
        }
    }

    private static string Excerpt(CsvReader reader) => RowJson.Excerpt(reader.RawRecord, 0);
}
