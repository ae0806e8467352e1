using System.IO.Compression;
using Attune.Data;
using Attune.Problems;
using Attune.Text;
using static System.Text.Encoding;

namespace Attune.Tests.Data;

/// <summary>Data files of a test, in a folder that goes with it.</summary>
public abstract class TempFiles : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("attune-data-").FullName;

    /// <summary>Writes a file and returns its path.</summary>
    protected string Write(string name, string text) => Write(name, UTF8.GetBytes(text));

    protected string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    protected static byte[] Zip(string text)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionMode.Compress)) zip.Write(UTF8.GetBytes(text));
        return packed.ToArray();
    }

    private protected static DataSet Load(string path, Tokenizer? tokenizer = null, ChatTemplate? template = null, DataOptions? options = null) =>
        DataSet.Load([path], tokenizer ?? TinyTokenizer.Make(), template, options ?? new DataOptions { MaxLength = 256 });

    private protected static IReadOnlyList<Problem> Refused(Func<object> act) => Assert.Throws<UserErrorException>(act).Problems;

    private protected static (string Format, List<Row> Rows, ProblemList Problems) Rows(string path)
    {
        var file = RowFile.At(path);
        var found = RowFormats.Of(file);
        var problems = new ProblemList();
        return (found.Name, [.. found.Open(file).Read(problems)], problems);
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
