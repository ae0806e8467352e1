namespace Attune.Data;

/// <summary>A JSON document of rows: an array, an object whose values are the rows (keyed by an id, which is not kept), or one that holds such a list.</summary>
/// <remarks>Read whole, since an error may stand anywhere and lines mean nothing; behind a syntax error nothing can be read.</remarks>
internal sealed class JsonSource(RowFile file) : IRowSource
{
    /// <inheritdoc/>
    public IEnumerable<Row> Records()
    {
        var bytes = Whole();
        var (number, counted) = (0, 0);
        long line = 1;
        var faults = new ProblemList();
        var layout = JsonLayout.Of(bytes, file, faults);
        foreach (var (start, length) in layout.Records)
        {
            line += bytes.AsSpan(counted, start - counted).Count((byte)'\n');
            counted = start;
            var raw = bytes.AsMemory(start, length);
            if (RowJson.Parse(raw, out var problem, positional: true) is not { } fields)
            {
                number++;
                yield return Row.Bad(file.Name, number, line, problem, "mend or remove the row", raw);
                continue;
            }
            foreach (var row in PartRows.Of(new Row(file.Name, number + 1, line, fields) { Raw = raw }, layout.Rest))
            {
                number++;
                yield return row;
            }
        }
        foreach (var fault in faults.First) yield return new Row(file.Name, number + 1, line, []) { Fault = fault, EndsFile = true };
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
