using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Attune.Data;
using Attune.Problems;

namespace Attune.Tests.Data;

public class RowWriterTests : TempFiles
{
    private static string Copy(string source, string target, Func<Row, Row?> choose)
    {
        var (file, out_) = (RowFile.At(source), Path.Combine(Path.GetDirectoryName(source)!, target));
        RowWriter.Write(out_, file, RowFormats.Of(file).Open(file).Records().Select(choose).OfType<Row>());
        return out_;
    }

    [Theory]
    [InlineData("a.jsonl", "{\"text\":   \"one \\u00e9\"}\n{\"text\": \"two\", \"n\": 1.50}\n{\"text\": \"three\"}\n", "{\"text\":   \"one \\u00e9\"}\n{\"text\": \"three\"}\n")]
    [InlineData("b.jsonl", "{\"text\": \"one\"}\r\n{\"text\": \"two\"}\r\n{\"text\": \"three\"}", "{\"text\": \"one\"}\r\n{\"text\": \"three\"}\r\n")]
    [InlineData("a.json", "[\n  {\"text\":  \"one\"},\n {\"text\": \"two\"}, {\"text\": \"three\"}]", "[\n{\"text\":  \"one\"},\n{\"text\": \"three\"}\n]\n")]
    [InlineData("a.csv", "text;\"label\"\n\"one; a\"\"b\";1\ntwo;2\n\nthree ;3\n", "text;\"label\"\n\"one; a\"\"b\";1\nthree ;3\n")]
    [InlineData("a.txt", "One.\n\nOne more.\n---\nTwo.\n---\nThree.\n", "One.\n\nOne more.\n---\nThree.\n")]
    public void Rows_are_written_as_they_came(string name, string text, string expected)
    {
        foreach (var bytes in new[] { Encoding.UTF8.GetBytes(text), [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)], Zip(text) })
            Assert.Equal(expected, File.ReadAllText(Copy(Write(name, bytes), "out", static r => r.Number == 2 ? null : r)));
    }

    [Theory]
    [InlineData("a.jsonl", "{\"text\": \"one\"}\n{\"text\": \"two\"}\n", "{\"text\": \"one\"}\n{\"text\":\"é, \\\"x\\\"\\nü\"}\n")]
    [InlineData("a.json", "[{\"text\": \"one\"}, {\"text\": \"two\"}]", "[\n{\"text\": \"one\"},\n{\"text\":\"é, \\\"x\\\"\\nü\"}\n]\n")]
    [InlineData("a.csv", "text,label\none,1\ntwo,2\n", "text,label\none,1\n\"é, \"\"x\"\"\nü\",\n")]
    [InlineData("a.txt", "one\n---\ntwo\n", "one\n---\né, \"x\"\nü\n")]
    public void A_changed_row_is_written_by_its_fields_and_read_back(string name, string text, string expected)
    {
        var path = Copy(Write(name, text), "out", static r => r.Number == 1 ? r : r with { Raw = default, Fields = new JsonObject { ["text"] = "é, \"x\"\nü" } });
        Assert.Equal(expected, File.ReadAllText(path));
        var (_, rows, problems) = Rows(path);
        Assert.Equal(0, problems.Count);
        Assert.Equal(["one", "é, \"x\"\nü"], rows.Select(static r => r.Fields["text"]!.GetValue<string>()));
    }

    [Fact]
    public void A_row_that_cannot_be_read_keeps_its_bytes()
    {
        byte[] bytes = [.. "{\"text\": \"one\"}\n{broken "u8, 0xFF, .. "\n"u8];
        Assert.Equal(bytes, File.ReadAllBytes(Copy(Write("a.jsonl", bytes), "out", static r => r)));
    }

    [Fact]
    public void Parts_of_a_document_are_written_by_their_fields()
    {
        var path = Write("a.json", """{"data": [{"title": "t", "rows": [{"text": "one"}, {"text": "two"}]}]}""");
        Assert.Equal("[\n{\"text\":\"one\",\"title\":\"t\"},\n{\"text\":\"two\",\"title\":\"t\"}\n]\n", File.ReadAllText(Copy(path + "#data.rows", "out", static r => r)));
    }

    [Fact]
    public void A_name_that_ends_in_gz_is_packed_to_the_same_bytes_every_time()
    {
        var path = Write("a.jsonl", "{\"text\": \"one\"}\n");
        var packed = Copy(path, "out.jsonl.gz", static r => r);
        using (var zip = new StreamReader(new GZipStream(File.OpenRead(packed), CompressionMode.Decompress)))
            Assert.Equal("{\"text\": \"one\"}\n", zip.ReadToEnd());
        Assert.Equal(File.ReadAllBytes(packed), File.ReadAllBytes(Copy(path, "again.jsonl.gz", static r => r)));
    }

    [Fact]
    public void What_fails_on_the_way_leaves_the_old_file()
    {
        var path = Write("a.csv", "text,label\none,1\ntwo,2\n");
        var target = Write("out", "old");
        Assert.Throws<UserErrorException>(() => Copy(path, "out", static r => r.Number == 1 ? r : r with { Raw = default, Fields = new JsonObject { ["other"] = "x" } }));
        Assert.Equal("old", File.ReadAllText(target));
        Assert.False(File.Exists(target + ".partial"));
    }
}
