using System.Text.Json.Nodes;
using Attune.Problems;

namespace Attune.Data;

/// <summary>One record of a data file before anything is known of its meaning.</summary>
/// <param name="File">The file's name as the user wrote it.</param>
/// <param name="Number">The record's number in the file, from 1; a CSV header and blank lines do not count.</param>
/// <param name="Line">The line of the (unpacked) file on which the record begins, from 1.</param>
/// <param name="Fields">Its fields. CSV cells and plain text are strings. Empty where the record cannot be read.</param>
internal sealed record Row(string File, int Number, long Line, JsonObject Fields)
{
    /// <summary>The record's bytes as they stand in the (unpacked) file, without a line end; empty for a row that is a part of a record.</summary>
    public ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>What is wrong with a record that cannot be read; null for a row.</summary>
    public Problem? Fault { get; init; }

    /// <summary>True for a fault behind which nothing of the file can be read.</summary>
    public bool EndsFile { get; init; }

    /// <summary>How an error names this row.</summary>
    public string Place => PlaceOf(File, Number, Line);

    /// <summary>How an error names a row of which the fields could not be read.</summary>
    public static string PlaceOf(string file, int number, long line) =>
        number == line ? $"{file}, row {number}" : $"{file}, row {number} (line {line})";

    /// <summary>A record that cannot be read.</summary>
    public static Row Bad(string file, int number, long line, string message, string remedy, ReadOnlyMemory<byte> raw = default, bool endsFile = false) =>
        new(file, number, line, []) { Raw = raw, Fault = new Problem(PlaceOf(file, number, line), message, remedy), EndsFile = endsFile };
}

/// <summary>A data file of a known format as a stream of records.</summary>
internal interface IRowSource
{
    /// <summary>Yields every record in the order of the file; those that cannot be read have a <see cref="Row.Fault"/>.</summary>
    IEnumerable<Row> Records();
}

/// <summary>The rows among the records.</summary>
internal static class RowSources
{
    /// <summary>Yields the rows that can be read, in the order of the file; adds a problem for each that cannot, and goes on.</summary>
    /// <param name="source">The file.</param>
    /// <param name="problems">Takes the rows that are malformed, with their place and an excerpt.</param>
    public static IEnumerable<Row> Read(this IRowSource source, ProblemList problems)
    {
        foreach (var row in source.Records())
        {
            if (row.Fault is { } fault) problems.Add(fault);
            else yield return row;
        }
    }
}
