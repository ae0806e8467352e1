namespace Attune.Data;

/// <summary>A JSON document of rows: an array, an object whose values are the rows (keyed by an id, which is not kept), or one that holds such a list.</summary>
/// <remarks>Read whole, since an error may stand anywhere and lines mean nothing; behind a syntax error nothing can be read.</remarks>
internal sealed class JsonSource(RowFile file) : IRowSource
{
    /// <inheritdoc/>
    public IEnumerable<Row> Read(ProblemList problems)
    {
        var bytes = Whole();
        var (number, counted) = (0, 0);
        long line = 1;
        var layout = JsonLayout.Of(bytes, file, problems);
        foreach (var (start, length) in layout.Records)
        {
            line += bytes.AsSpan(counted, start - counted).Count((byte)'\n');
            counted = start;
            var fields = RowJson.Parse(bytes.AsSpan(start, length), out var problem, positional: true);
            if (fields is null)
            {
                number++;
                problems.Add(Row.PlaceOf(file.Name, number, line), problem, "mend or remove the row");
                continue;
            }
            foreach (var row in PartRows.Of(new Row(file.Name, number + 1, line, fields), layout.Rest, problems))
            {
                number++;
                yield return row;
            }
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
}
