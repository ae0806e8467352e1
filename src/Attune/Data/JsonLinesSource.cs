namespace Attune.Data;

/// <summary>One JSON object a line; blank lines are passed over. Read as a stream: memory is that of the longest line.</summary>
internal sealed class JsonLinesSource(RowFile file) : IRowSource
{
    private const int LongestLine = 256 << 20;

    /// <inheritdoc/>
    public IEnumerable<Row> Records()
    {
        using var stream = file.Open();
        var buffer = new byte[1 << 16];
        int start = 0, filled = 0, number = 0;
        long line = 0;
        for (var more = true; more;)
        {
            var length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n');
            if (length < 0)
            {
                more = Refill(stream, ref buffer, ref start, ref filled);
                if (more && filled - start <= LongestLine) continue;
                if (more)
                {
                    yield return Row.Bad(file.Name, number + 1, line + 1, "is a line of more than 256 MiB", "check that the file has line ends", endsFile: true);
                    yield break;
                }
                length = filled - start;
            }
            line++;
            if (Parse(buffer.AsSpan(start, length), number + 1, line) is { } record)
            {
                number++;
                foreach (var row in record.Fault is null ? PartRows.Of(record, file.Steps) : [record])
                {
                    number = row.Fault is null ? row.Number : number;
                    yield return row;
                }
            }
            start = Math.Min(filled, start + length + 1);
        }
    }

    // Null for a blank line.
    private Row? Parse(ReadOnlySpan<byte> bytes, int number, long line)
    {
        if (bytes.IndexOfAnyExcept(" \t\r"u8) < 0) return null;
        ReadOnlyMemory<byte> raw = bytes.TrimEnd((byte)'\r').ToArray();
        return RowJson.Parse(raw, out var problem) is { } fields
            ? new Row(file.Name, number, line, fields) { Raw = raw }
            : Row.Bad(file.Name, number, line, problem, "mend or remove the row", raw);
    }

    // Moves the unfinished line to the front and reads on behind it; false at the end of the file.
    private bool Refill(Stream stream, ref byte[] buffer, ref int start, ref int filled)
    {
        buffer.AsSpan(start, filled - start).CopyTo(buffer);
        filled -= start;
        start = 0;
        if (filled == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        try
        {
            var n = stream.Read(buffer, filled, buffer.Length - filled);
            filled += n;
            return n > 0;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw RowFile.Unreadable(file.Path, e);
        }
    }
}
