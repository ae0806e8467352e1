using System.Text;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Attune.Problems;
using CsvHelper;

namespace Attune.Data;

/// <summary>Values separated by comma, semicolon, tab or bar, with a header row (RFC 4180: quoted cells may hold line ends). Cells are strings.</summary>
internal sealed class CsvSource(RowFile file) : IRowSource
{
    private const int LongestName = 64;
    private const int ProbedRows = 20;

    /// <summary>True if the file begins with a line of column names (at least two, or <c>text</c> alone) and the next records have as many cells.</summary>
    public static bool Detect(RowFile file)
    {
        using var reader = CsvReader.Create(file.Head, new CsvReaderOptions());
        var names = reader.Headers;
        if (names.Count == 0 || !names.All(IsName) || names.Distinct(StringComparer.Ordinal).Count() != names.Count) return false;
        if (names.Count == 1) return names[0] == "text";
        var (agree, probed) = (0, 0);
        for (; probed < ProbedRows && reader.Read(); probed++) agree += reader.FieldCount == names.Count ? 1 : 0;
        // A bad row in a CSV file is an error of that row; lines of prose agree by accident only.
        return agree * 2 > probed;
    }

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
        if (names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            yield return new Row(file.Name, 0, 1, [])
            {
                Fault = new Problem($"{file.Name}, line 1", $"names the column `{twice.Key}` twice", "give every column a name of its own"),
                EndsFile = true,
            };
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

    private static bool IsName(string cell) =>
        cell.Length is > 0 and <= LongestName && cell.Trim() == cell
        && (char.IsLetter(cell[0]) || cell[0] == '_') && cell.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or ' ' or '/')
        && cell.Count(c => c == ' ') <= 3;

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
