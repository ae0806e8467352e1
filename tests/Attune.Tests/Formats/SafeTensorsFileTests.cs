using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Tests.Formats;

public sealed class SafeTensorsFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Save(byte[] bytes)
    {
        var path = _folder.File("x.safetensors");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static byte[] Bytes(string header, int data = 0, ulong? length = null)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length ?? (ulong)json.Length);
        return [.. prefix, .. json, .. Enumerable.Range(0, data).Select(i => (byte)i)];
    }

    [Fact]
    public void Reads_entries_metadata_and_bytes()
    {
        var header = """
            {"__metadata__":{"format":"pt","":"x"},
             "b":{"dtype":"U8","shape":[2,2],"data_offsets":[4,8]},"a":{"shape":[],"data_offsets":[0,4],"dtype":"F32"}}

            """;
        using var file = SafeTensorsFile.Open(Save(Bytes(header, 8)));
        Assert.Equal(["a", "b"], file.Entries.Keys.Order());
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal("x", file.Metadata[""]);
        var (a, b) = (file.Entries["a"], file.Entries["b"]);
        Assert.Equal((SafeTensorsType.F32, 0, 4L, 1L), (a.Type, a.Shape.Count, a.ByteLength, a.ElementCount));
        Assert.Equal([2L, 2L], b.Shape);
        Assert.Equal([4, 5, 6, 7], file.ReadBytes(b));
        Assert.Equal([BitConverter.ToSingle([0, 1, 2, 3])], file.ReadFloats(a));
        Assert.Equal(5, Marshal.ReadByte(file.Address(b), 1));
    }

    [Fact]
    public void Decodes_every_floating_type()
    {
        var header = """
            {"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},
             "b":{"dtype":"F16","shape":[2],"data_offsets":[16,20]},
             "c":{"dtype":"BF16","shape":[2],"data_offsets":[20,24]}}
            """;
        byte[] data = [.. BitConverter.GetBytes(0.1), .. BitConverter.GetBytes(-3.5), 0x00, 0x3e, 0x01, 0x00, 0xc0, 0x3f, 0x80, 0xff];
        using var file = SafeTensorsFile.Open(Save([.. Bytes(header), .. data]));
        Assert.Equal([0.1f, -3.5f], file.ReadFloats(file.Entries["a"]));
        Assert.Equal([1.5f, 5.9604645e-8f], file.ReadFloats(file.Entries["b"]));
        Assert.Equal([1.5f, float.NegativeInfinity], file.ReadFloats(file.Entries["c"]));
    }

    [Fact]
    public void Decodes_more_than_one_chunk()
    {
        const int count = 10_001;
        var header = $$$"""{"a":{"dtype":"BF16","shape":[{{{count}}}],"data_offsets":[0,{{{2 * count}}}]}}""";
        var values = Enumerable.Range(0, count).Select(i => (float)(i % 256)).ToArray();
        byte[] data = [.. values.SelectMany(v => BitConverter.GetBytes(v)[2..])];
        using var file = SafeTensorsFile.Open(Save([.. Bytes(header), .. data]));
        Assert.Equal(values, file.ReadFloats(file.Entries["a"]));
    }

    [Fact]
    public void Integers_are_not_floats()
    {
        using var file = SafeTensorsFile.Open(Save(Bytes("""{"a":{"dtype":"I32","shape":[0],"data_offsets":[0,0]}}""")));
        var error = Assert.Throws<UserErrorException>(() => file.ReadFloats(file.Entries["a"]));
        Assert.Contains("expected a floating-point type, found I32 [0]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_file_of_tensors_is_legal()
    {
        using var file = SafeTensorsFile.Open(Save(Bytes("{}")));
        Assert.Empty(file.Entries);
    }

    [Theory]
    [InlineData("""[]""", 0, "begins with byte 0x5b")]
    [InlineData("""{""", 0, "not valid JSON")]
    [InlineData("""{} x""", 0, "not valid JSON")]
    [InlineData("""{"a":1}""", 0, "expected an object, found 1")]
    [InlineData("""{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", 4, "found F31")]
    [InlineData("""{"a":{"dtype":"1","shape":[1],"data_offsets":[0,4]}}""", 4, "found 1")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "found -1")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, "found 1.0")]
    [InlineData("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, "shape: expected a list")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}""", 4, "found 99999999999999999999")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "more bytes than can be counted")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", 8, "takes 4 bytes, but data_offsets are [0, 8]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "data_offsets are [4, 0]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "expected two numbers, found 1")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775803,9223372036854775807]}}""", 4, "has 4 bytes of data")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "data_offsets is missing")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}""", 4, "stands twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":0}}""", 4, "\"more\"")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "stands twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "overlap or leave a hole")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""", 3, "expected 1")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "begins at byte 1 of the data, expected 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 2, "take 1 bytes, but the file has 2")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", 2, "cut off")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "expected a string, found 1")]
    [InlineData("""{"__metadata__":{"a":"","a":""}}""", 0, "stands twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "stands twice")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "not valid JSON")]
    public void Header_that_lies_is_an_error(string header, int data, string expected)
    {
        var path = Save(Bytes(header, data));
        var error = Assert.Throws<UserErrorException>(() => SafeTensorsFile.Open(path));
        Assert.StartsWith(path, error.Problems[0].Place, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Problems[0].Remedy);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void File_shorter_than_its_length_field(int length)
    {
        var error = Assert.Throws<UserErrorException>(() => SafeTensorsFile.Open(Save(new byte[length])));
        Assert.Contains($"found {length}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue, "at most 100000000")]
    [InlineData(100_000_001, "at most 100000000")]
    [InlineData(100_000_000, "only 2 follow")]
    [InlineData(3, "only 2 follow")]
    public void Header_length_that_lies(ulong length, string expected)
    {
        var error = Assert.Throws<UserErrorException>(() => SafeTensorsFile.Open(Save(Bytes("{}", length: length))));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_file_and_folder_are_user_errors()
    {
        var error = Assert.Throws<UserErrorException>(() => SafeTensorsFile.Open(_folder.File("absent")));
        Assert.Contains("no such file", error.Message, StringComparison.Ordinal);
        Assert.Throws<UserErrorException>(() => SafeTensorsFile.Open(_folder.Path));
    }

    [Fact]
    public void Entry_of_another_file_is_refused()
    {
        var path = Save(Bytes("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1));
        using var one = SafeTensorsFile.Open(path);
        using var two = SafeTensorsFile.Open(path);
        Assert.Throws<ArgumentException>(() => one.ReadBytes(two.Entries["a"]));
    }

    /// <summary>Damages a valid header at every position; the file opens or is refused with a user error, and what opens can be read.</summary>
    [Fact]
    public void Damaged_files_never_escape_the_checks()
    {
        var header = """
            {"__metadata__":{"f":"pt"},"a.w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}}
            """;
        var valid = Bytes(header, 10);
        var random = new Random(1);
        byte[] nasty = [0, (byte)'"', (byte)'{', (byte)'}', (byte)'[', (byte)']', (byte)',', (byte)'-', (byte)'9', (byte)'e', (byte)'\\', 0x80, 0xff];
        var opened = 0;
        for (var at = 0; at < valid.Length; at++)
        {
            opened += Probe(valid[..at]);
            opened += Probe([.. valid[..at], .. valid[(at + 1)..]]);
            foreach (var b in nasty.Append((byte)random.Next(256)).Append((byte)(valid[at] ^ (1 << random.Next(8)))))
            {
                byte[] damaged = [.. valid];
                damaged[at] = b;
                opened += Probe(damaged);
            }
        }
        // Some damage is harmless (a letter of a name); most is not.
        Assert.InRange(opened, 1, valid.Length * 15 / 2);
    }

    private int Probe(byte[] bytes)
    {
        try
        {
            using var file = SafeTensorsFile.Open(Save(bytes));
            foreach (var entry in file.Entries.Values)
            {
                Assert.Equal(entry.ByteLength, file.ReadBytes(entry).Length);
                Assert.InRange(entry.Offset + entry.ByteLength, 8, bytes.Length);
            }
            return 1;
        }
        catch (UserErrorException)
        {
            return 0;
        }
    }
}
