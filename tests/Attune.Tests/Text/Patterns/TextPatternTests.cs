using System.Globalization;
using System.Text;
using Attune.Text.Patterns;

namespace Attune.Tests.Text.Patterns;

public class TextPatternTests
{
    [Theory]
    [InlineData(@"\p{L}+", "ab𝓗𝓮, 𠀀", "ab𝓗𝓮|𠀀")]
    [InlineData(@"[^\s\p{L}]+", "a😀😀 ,b", "😀😀|,")]
    [InlineData(@"\p{N}{1,3}", "12345", "123|45")]
    [InlineData(@"[^\r\n\p{L}\p{N}]?+\p{L}+", ".ab c", ".ab| c")]
    [InlineData(@"a++b|a", "aab aa", "aab|a|a")]
    [InlineData(@"(?i:'s|'T)", "'S't's", "'S|'t|'s")]
    [InlineData(@"\s+(?!\S)|\s+", "a   b ", "  | | ")]
    [InlineData(@"[一-龥]+", "漢字𠀀かな", "漢字")]
    [InlineData(@"\p{Han}+", "漢字𠀀かな", "漢字𠀀")]
    [InlineData(@"[\p{L}&&[^\p{Han}]]+", "ab漢字cd", "ab|cd")]
    [InlineData(@"[!-/\-\]\\]+", "a!-]\\b", "!-]\\")]
    [InlineData(@"\x{61}\u0062", "ab", "ab")]
    [InlineData(@"(a|b)+c", "abcab", "abc")]
    [InlineData(@"[[:digit:]x]+", "1x2y", "1x2")]
    public void Matches_are_those_of_Oniguruma(string expression, string text, string matches)
    {
        var pattern = TextPattern.FromExpression(expression, (m, r) => new("", m, r), "test");
        var found = new List<(int Start, int End)>();
        pattern.FindAll(text, found);
        Assert.Equal(matches, string.Join('|', found.Select(f => text[f.Start..f.End])));
    }

    [Theory]
    [InlineData(@"(a)\1")]
    [InlineData(@"\p{Klingon}")]
    [InlineData(@"[😀]")]
    [InlineData(@"+a")]
    [InlineData(@"[a")]
    [InlineData(@"(?<name>a)")]
    [InlineData(@"a\")]
    public void What_has_no_counterpart_is_refused(string expression) => Assert.Throws<FormatException>(() => OnigurumaTranslator.Translate(expression));

    [Fact]
    public void Every_stand_in_has_the_category_that_it_stands_for()
    {
        for (var code = 0x10000; code < 0x110000; code += 7)
        {
            var rune = new Rune(code);
            Assert.Equal(Rune.GetUnicodeCategory(rune), CharUnicodeInfo.GetUnicodeCategory(ScalarShadow.StandInFor(rune)));
        }
    }
}
