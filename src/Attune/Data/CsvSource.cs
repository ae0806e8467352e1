using System.Text;
using System.Text.Json.Nodes;
using System.Text.Unicode;
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
    public IEnumerable<Row> Read(ProblemList problems)
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
            problems.Add($"{file.Name}, line 1", $"names the column `{twice.Key}` twice", "give every column a name of its own");
            yield break;
        }
        while (Advance(reader, problems))
        {
            var number = (int)reader.RowNumber;
            var place = Row.PlaceOf(file.Name, number, reader.LineNumber);
            if (badQuotes.TryGetValue(reader.LineNumber, out var reason))
                problems.Add(place, $"{reason}: {Excerpt(reader)}", "quote the whole cell and double the quotes within it");
            else if (reader.FieldCount != names.Count)
                problems.Add(place, $"has {reader.FieldCount} cells where the header has {names.Count}: {Excerpt(reader)}", "quote cells that hold the separator");
            else if (!Utf8.IsValid(reader.RawRecord))
                problems.Add(place, $"is not valid UTF-8: {Excerpt(reader)}", "save the file as UTF-8");
            else
                yield return new Row(file.Name, number, reader.LineNumber, Fields(names, reader));
        }
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

    private bool Advance(CsvReader reader, ProblemList problems)
    {
        try
        {
            return reader.Read();
        }
        catch (CsvFormatException e)
        {
            problems.Add(Row.PlaceOf(file.Name, (int)Math.Max(1, e.RecordNumber - 1), e.LineNumber), $"cannot be read as CSV: {e.Message}", "check the quotes");
            return false;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw RowFile.Unreadable(file.Path, e);
        }
    }

    private static string Excerpt(CsvReader reader) => RowJson.Excerpt(reader.RawRecord, 0);
}
