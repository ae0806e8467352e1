using CsvHelper;

namespace Attune.Data;

/// <summary>The first record of a CSV file: what its columns are called, in their order, and what stands between cells.</summary>
/// <param name="Names">The cells of the record.</param>
/// <param name="Separator">Comma, semicolon, tab or bar.</param>
/// <param name="Raw">The record's bytes, without a line end.</param>
internal sealed record CsvHeader(IReadOnlyList<string> Names, char Separator, ReadOnlyMemory<byte> Raw)
{
    /// <summary>The header of a CSV file.</summary>
    public static CsvHeader Of(RowFile file)
    {
        using var reader = CsvReader.Create(file.Head, new CsvReaderOptions { HasHeader = false });
        reader.Read();
        return new CsvHeader([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)], (char)reader.Separator, reader.RawRecord.ToArray());
    }

    /// <summary>True if the bytes of records under the other header mean the same under this one.</summary>
    public bool Agrees(CsvHeader other) => Separator == other.Separator && Names.SequenceEqual(other.Names);

    /// <summary>True if both name the same columns, in whatever order.</summary>
    public bool NamesTheSame(CsvHeader other) => Names.ToHashSet(StringComparer.Ordinal).SetEquals(other.Names);
}
