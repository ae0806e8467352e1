using System.Text;

namespace Attune.Tests.Data;

public class ForeignFormatsTests : TempFiles
{
    [Theory]
    [InlineData("a.xml", "<?xml version=\"1.0\"?>\n<Document/>", "XML")]
    [InlineData("a.parquet", "PAR1\x15\x04", "Parquet")]
    [InlineData("a.xlsx", "PK\x03\x04", "office document")]
    [InlineData("a.pdf", "%PDF-1.7", "PDF")]
    [InlineData("a.db", "SQLite format 3\0", "SQLite")]
    public void Files_that_would_pass_for_text_are_refused_by_name(string name, string content, string format)
    {
        foreach (var bytes in new[] { Encoding.Latin1.GetBytes(content), Zip(content) })
        {
            var problem = Assert.Single(Refused(() => Load(Write(name, bytes))));
            Assert.Contains(format, problem.Message, StringComparison.Ordinal);
            Assert.NotEmpty(problem.Remedy);
        }
    }

    [Fact]
    public void UTF_16_is_named() =>
        Assert.Contains("UTF-16", Assert.Single(Refused(() => Load(Write("a.txt", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("text")])))).Message, StringComparison.Ordinal);
}
