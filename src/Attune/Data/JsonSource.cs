using System.Text.Json;

namespace Attune.Data;

/// <summary>A JSON document of rows: an array of objects, or an object whose values are the rows (keyed by an id, which is not kept).</summary>
/// <remarks>Read whole, since an error may stand anywhere and lines mean nothing; behind a syntax error nothing can be read.</remarks>
internal sealed class JsonSource(RowFile file) : IRowSource
{
    /// <inheritdoc/>
    public IEnumerable<Row> Read(ProblemList problems)
    {
        var bytes = Whole();
        var number = 0;
        long line = 1;
        var counted = 0;
        foreach (var (start, length) in Items(bytes, problems))
        {
            line += bytes.AsSpan(counted, start - counted).Count((byte)'\n');
            counted = start;
            number++;
            var fields = RowJson.Parse(bytes.AsSpan(start, length), out var problem);
            if (fields is not null) yield return new Row(file.Name, number, line, fields);
            else problems.Add(Row.PlaceOf(file.Name, number, line), problem, "mend or remove the row");
        }
    }

    private byte[] Whole()
    {
        try
        {
            return file.ReadWhole();
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw RowFile.Unreadable(file.Path, e);
        }
    }

    /// <summary>Where the rows stand in the document.</summary>
    private List<(int Start, int Length)> Items(byte[] bytes, ProblemList problems)
    {
        var items = new List<(int, int)>();
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 64 });
        try
        {
            reader.Read();
            var keyed = reader.TokenType == JsonTokenType.StartObject;
            while (reader.Read() && reader.CurrentDepth > 0)
            {
                if (keyed) reader.Read();
                if (keyed && reader.TokenType != JsonTokenType.StartObject)
                {
                    problems.Add(file.Name, "is one JSON object whose values are not rows", "store an array of objects, or one object a line");
                    return [];
                }
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                items.Add((start, (int)reader.BytesConsumed - start));
            }
            // Reading on finds what stands behind the document's end.
            while (reader.Read()) { }
        }
        catch (JsonException e)
        {
            var at = (int)Math.Min(reader.BytesConsumed, bytes.Length);
            problems.Add(Row.PlaceOf(file.Name, items.Count + 1, (e.LineNumber ?? 0) + 1),
                $"is not valid JSON: {RowJson.Reason(e)} Near {RowJson.Excerpt(bytes, at)}", "mend it; the rows behind it could not be read");
        }
        return items;
    }
}
