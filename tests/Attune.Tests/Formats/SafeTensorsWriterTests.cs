using System.Text;
using Attune.Formats;
using Attune.Problems;
using static Attune.Formats.SafeTensorsType;

namespace Attune.Tests.Formats;

public sealed class SafeTensorsWriterTests : IDisposable
{
    private static readonly SafeTensorsDeclaration[] Declared =
    [
        new("z", F32, [2, 3]), new("scalar", F64, []), new("empty", BF16, [4, 0]),
        new("A", U8, [3]), new("ž\"\\", BOOL, [1]), new("i", I64, [1, 1, 1]),
    ];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static byte[] Content(SafeTensorsDeclaration t) => [.. Enumerable.Range(0, (int)t.ByteLength).Select(i => (byte)(i + t.Name[0]))];

    private static void Put(SafeTensorsDeclaration t, Stream stream) => stream.Write(Content(t));

    [Fact]
    public void What_was_written_is_read()
    {
        var path = _folder.File("x.safetensors");
        SafeTensorsWriter.Write(path, Declared, Put, new Dictionary<string, string> { ["format"] = "pt", ["a"] = "<&'\"\n>" });
        using var file = SafeTensorsFile.Open(path);
        Assert.Equal(Declared.Length, file.Entries.Count);
        foreach (var t in Declared)
        {
            var entry = file.Entries[t.Name];
            Assert.Equal(t.Type, entry.Type);
            Assert.Equal(t.Shape, entry.Shape);
            Assert.Equal(Content(t), file.ReadBytes(entry));
        }
        Assert.Equal("<&'\"\n>", file.Metadata["a"]);
        Assert.Equal(["x.safetensors"], _folder.Names());
    }

    [Fact]
    public void Header_is_padded_and_sorted_and_bytes_do_not_depend_on_the_order_of_declaration()
    {
        var (one, two) = (_folder.File("1"), _folder.File("2"));
        SafeTensorsWriter.Write(one, Declared, Put, new Dictionary<string, string> { ["b"] = "1", ["a"] = "2" });
        SafeTensorsWriter.Write(two, Declared.Reverse(), Put, new Dictionary<string, string> { ["a"] = "2", ["b"] = "1" });
        var bytes = File.ReadAllBytes(one);
        Assert.Equal(bytes, File.ReadAllBytes(two));
        var length = BitConverter.ToInt32(bytes);
        Assert.Equal(0, length % 8);
        var header = Encoding.UTF8.GetString(bytes, 8, length);
        const string start = """{"__metadata__":{"a":"2","b":"1"},"A":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"empty":""";
        Assert.StartsWith(start, header, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_number_of_bytes_is_refused_and_leaves_nothing()
    {
        Assert.Throws<InvalidOperationException>(() => SafeTensorsWriter.Write(_folder.File("x"), Declared, (_, s) => s.WriteByte(1)));
        Assert.Empty(_folder.Names());
    }

    [Fact]
    public void Names_that_clash_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Write(_folder.File("x"), [new("a", U8, []), new("a", U8, [])], Put));
        Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Write(_folder.File("x"), [new("__metadata__", U8, [])], Put));
    }

    [Fact]
    public void Full_disk_names_the_bytes_and_leaves_the_old_file()
    {
        var path = _folder.File("x");
        File.WriteAllText(path, "old");
        var error = Assert.Throws<RunFailedException>(() => SafeTensorsWriter.Write(path, [new("huge", U8, [1L << 60])], Put));
        Assert.Contains("bytes are needed", error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["x"], _folder.Names());
    }
}
