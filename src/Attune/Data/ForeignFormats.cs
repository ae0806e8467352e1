using Attune.Problems;

namespace Attune.Data;

/// <summary>File formats that hold data but no rows that are read here: they would pass for plain text or for damaged files.</summary>
internal static class ForeignFormats
{
    private const string ToJsonLines = "convert it to JSON lines, one object a line";

    // By the first bytes, as the formats' specifications give them.
    private static readonly (byte[] Begin, string Name, string Remedy)[] Table =
    [
        ("PAR1"u8.ToArray(), "a Parquet file", ToJsonLines),
        ("ARROW1"u8.ToArray(), "an Arrow file", ToJsonLines),
        ("<?xml"u8.ToArray(), "an XML document", ToJsonLines),
        ("<!DOCTYPE"u8.ToArray(), "an HTML or XML document", ToJsonLines),
        ("%PDF-"u8.ToArray(), "a PDF document", "extract its text into a .txt file"),
        ("PK\x03\x04"u8.ToArray(), "a zip archive (or an office document)", "unpack it, and save tables as CSV"),
        ([0x28, 0xB5, 0x2F, 0xFD], "packed with zstd", "unpack it, or pack it with gzip"),
        ([0xFD, .. "7zXZ"u8], "packed with xz", "unpack it, or pack it with gzip"),
        ("BZh"u8.ToArray(), "packed with bzip2", "unpack it, or pack it with gzip"),
        ("SQLite format 3"u8.ToArray(), "an SQLite database", "export a table as CSV"),
        ([0xFF, 0xFE], "text in UTF-16", "save it as UTF-8"),
        ([0xFE, 0xFF], "text in UTF-16", "save it as UTF-8"),
    ];

    /// <summary>A user error if a file is of such a format.</summary>
    /// <param name="path">The file as the user named it.</param>
    /// <param name="head">Its first bytes, unpacked and without byte-order mark.</param>
    public static void Refuse(string path, ReadOnlySpan<byte> head)
    {
        foreach (var (begin, name, remedy) in Table)
        {
            if (head.StartsWith(begin)) throw new UserErrorException(path, $"is {name}, which is not read as rows", remedy);
        }
    }
}
