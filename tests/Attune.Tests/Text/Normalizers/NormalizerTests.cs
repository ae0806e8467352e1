using Attune.Text;
using Attune.Text.Normalizers;

namespace Attune.Tests.Text.Normalizers;

public class NormalizerTests
{
    [Theory]
    [InlineData("""{"type": "Lowercase"}""", "AÉİ𝐀𐐀", "aéi\u0307𝐀𐐨", "0-1 1-2 2-3 2-3 3-5 3-5 5-7 5-7")]
    [InlineData("""{"type": "Prepend", "prepend": "▁"}""", "ab", "▁ab", "0-0 0-1 1-2")]
    [InlineData("""{"type": "Prepend", "prepend": "▁"}""", "", "", "")]
    [InlineData("""{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}""", "a b", "a▁b", "0-1 1-2 2-3")]
    [InlineData("""{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "__"}""", "a   b", "a__b", "0-1 1-4 1-4 4-5")]
    [InlineData("""{"type": "Strip", "strip_left": true, "strip_right": false}""", "  a ", "a ", "2-3 3-4")]
    [InlineData("""{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]}""", "éa", "ea", "0-1 1-2")]
    public void Text_and_ranges_follow_the_component(string json, string text, string expected, string ranges)
    {
        var result = NormalizerTable.Read(Section.Parse(json, "test")).Normalize(MappedText.Original(text));
        Assert.Equal(expected, result.Text);
        Assert.Equal(ranges, string.Join(' ', Enumerable.Range(0, result.Length).Select(i => $"{result.StartOf(i)}-{result.EndOf(i)}")));
    }
}
