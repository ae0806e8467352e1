using Attune.Problems;
using CsvHelper;

namespace Attune.Data;

/// <summary>The first record of a CSV file: what its columns are called, in their order, and what stands between cells.</summary>
/// <param name="Names">The cells of the record.</param>
/// <param name="Separator">Comma, semicolon, tab or bar.</param>
/// <param name="Raw">The record's bytes, without a line end.</param>
internal sealed record CsvHeader(IReadOnlyList<string> Names, char Separator, ReadOnlyMemory<byte> Raw)
{
    private const int LongestName = 64;
    private const int MostWords = 10;

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

    /// <summary>True for what a column may be called: some words without a line end among them.</summary>
    public static bool IsName(string cell) =>
        cell.Length is > 0 and <= LongestName && cell.Trim() == cell && !cell.Any(char.IsControl) && cell.Any(char.IsLetterOrDigit) && cell.Count(static c => c == ' ') < MostWords;

    /// <summary>What is wrong with the names of a table; null for nothing. The first may be empty: so pandas writes its index.</summary>
    public static Problem? Fault(string place, IReadOnlyList<string> names)
    {
        foreach (var (i, name) in names.Index())
        {
            if (name.Length == 0 && i > 0) return new Problem(place, $"has no name for column {i + 1}", "name it, or take the column out");
            if (name.Trim() != name) return new Problem(place, $"names a column `{name}`, with blanks around it", "take the blanks out, and those around the cells of the other lines");
            if (name.Contains('\uFFFD', StringComparison.Ordinal)) return new Problem(place, "is not valid UTF-8", "save the file as UTF-8");
            if (name.Length > 0 && !IsName(name))
            {
                return new Problem(place, $"has `{(name.Length > LongestName ? name[..LongestName] + "…" : name)}` where the name of column {i + 1} is expected",
                    $"let the first line name the columns, in a few words; {NoTable}");
            }
        }
        return names.GroupBy(static n => n, StringComparer.Ordinal).FirstOrDefault(static g => g.Count() > 1) is { } twice
            ? new Problem(place, $"names the column `{twice.Key}` twice", "give every column a name of its own")
            : null;
    }

    /// <summary>What to do with running text that was taken for a table.</summary>
    public const string NoTable = "where the file is running text and no table, begin it with a line of ---";
}
