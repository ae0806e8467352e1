using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Augmentation;

/// <summary>The file of new rows: JSON lines whose fields are the parents' own, so that columns and shapes hold for both files.</summary>
internal static class AugmentedFile
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the rows, as a whole or not at all.</summary>
    public static void Write(string path, IEnumerable<Candidate> rows, string? field) => AtomicFile.Write(path, stream =>
    {
        foreach (var row in rows)
        {
            JsonSerializer.Serialize(stream, row.Fields(field), OneLine);
            stream.WriteByte((byte)'\n');
        }
    });

    /// <summary>Refuses to write over what augmentation did not make.</summary>
    /// <exception cref="UserErrorException">The file holds other rows, or is one of those that are read.</exception>
    public static void RequireOurs(string path, IReadOnlyList<DataSource> data)
    {
        if (data.Any(d => Path.GetFullPath(d.File) == Path.GetFullPath(path)))
            throw new UserErrorException($"--out {path}", "is one of the files of rows", "give another file: training reads both");
        if (!File.Exists(path))
            return;
        using var file = InputFile.Read(path, File.OpenText);
        var line = file.ReadLine() ?? "";
        if (line.Length > 0 && (RowJson.ParseValue(line) as JsonObject)?.ContainsKey(Lineage.Parents) != true)
            throw new UserErrorException($"--out {path}", "exists already, and augmentation did not make it", "choose another --out, or move it away");
    }
}
