using System.Globalization;
using CsvHelper;

namespace Attune.Data;

/// <summary>Tells a table with a header from running text that has commas in it.</summary>
/// <remarks>
/// A table that is missed would be learned as text, header and all, without a word; text that is taken for a table ends in an error that says what to
/// do. So what is in doubt is a table. What tells prose: the blank behind its commas, line ends that are separators, lines that do not agree.
/// </remarks>
internal static class CsvDetector
{
    private const int ProbedRows = 20;
    private const int LeastAgreeing = 2;

    private static readonly HashSet<string> Known = new(
        RowMappings.Fields.Concat(RowMappings.Aliases.Values.SelectMany(static a => a)), StringComparer.OrdinalIgnoreCase);

    /// <summary>True if the file begins with names of columns (at least two, or <c>text</c> alone), or if all of its first lines have as many cells.</summary>
    public static bool Detect(RowFile file)
    {
        using var reader = CsvReader.Create(file.Head, new CsvReaderOptions());
        var names = reader.Headers;
        if (names.Count < 2) return names.Count == 1 && names[0] == "text";
        var (agree, probed, indexed) = (0, 0, 0);
        for (; probed < ProbedRows && reader.Read(); probed++)
        {
            agree += reader.FieldCount == names.Count ? 1 : 0;
            indexed += reader.IsEmpty(0) ? 0 : 1;
        }
        // A bad row in a table is an error of that row; lines of prose agree by accident only.
        var mostly = agree * 2 > probed;
        var spaced = names.Any(static n => n.Trim() != n);
        var known = names.All(static n => n.Trim() is var t && (t.Length == 0 || IsWord(t))) ? names.Count(static n => Known.Contains(n.Trim())) : 0;
        if (spaced ? known > 1 && mostly : known > 0) return true;
        if (spaced || !(names.Any(static n => n.Any(char.IsLetter)) || IsCount(names))) return false;
        // An indented text has an empty first cell too, but one in every line.
        var named = names.Skip(names[0].Length == 0 && indexed == probed ? 1 : 0);
        return (named.All(CsvHeader.IsName) && (mostly || probed == 0)) || (agree == probed && probed >= LeastAgreeing && names.All(static n => n.Length > 0));
    }

    private static bool IsWord(string cell) =>
        CsvHeader.IsName(cell) && (char.IsLetter(cell[0]) || cell[0] == '_') && cell.All(static c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or ' ' or '/');

    // What pandas writes for columns that nobody named. Other lines of numbers are numbers.
    private static bool IsCount(IReadOnlyList<string> names) => names.Index().All(static n => n.Item == n.Index.ToString(CultureInfo.InvariantCulture));
}
