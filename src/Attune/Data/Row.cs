using System.Text.Json.Nodes;

namespace Attune.Data;

/// <summary>One record of a data file before anything is known of its meaning.</summary>
/// <param name="File">The file's name as the user wrote it.</param>
/// <param name="Number">The record's number in the file, from 1; a CSV header and blank lines do not count.</param>
/// <param name="Line">The line of the (unpacked) file on which the record begins, from 1.</param>
/// <param name="Fields">Its fields. CSV cells and plain text are strings.</param>
internal sealed record Row(string File, int Number, long Line, JsonObject Fields)
{
    /// <summary>How an error names this row.</summary>
    public string Place => PlaceOf(File, Number, Line);

    /// <summary>How an error names a row of which the fields could not be read.</summary>
    public static string PlaceOf(string file, int number, long line) =>
        number == line ? $"{file}, row {number}" : $"{file}, row {number} (line {line})";
}

/// <summary>A data file of a known format as a stream of rows.</summary>
internal interface IRowSource
{
    /// <summary>Yields the rows that can be read, in the order of the file; adds a problem for each that cannot, and goes on.</summary>
    /// <param name="problems">Takes the rows that are malformed, with their place and an excerpt.</param>
    IEnumerable<Row> Read(ProblemList problems);
}
