using Attune.Picture;

namespace Attune.Tests.Assets;

/// <summary>The terminal pictures of the documentation show what a terminal would.</summary>
public sealed class PictureTests
{
    private static string[] Lines(string output)
    {
        var screen = new Screen(12);
        screen.Write(output);
        return [.. screen.Lines.Select(static l => string.Concat(l.Select(static c => c.Text)))];
    }

    [Theory]
    [InlineData("one\r\ntwo\r\n", "one|two")]
    [InlineData("loading 10 %\rloading 20 %\rdone        \n", "done")]
    [InlineData("\e[?1h\e=a\e[2Kb\e[1mc\e[0m\n\n", "abc")]
    [InlineData("long line\rab", "abng line")]
    [InlineData("as wide as the screen\n", "as wide as t|he screen")]
    public void The_last_state_of_each_line_stands(string output, string expected) => Assert.Equal(expected.Split('|'), Lines(output));

    [Fact]
    public void Looks_are_kept_and_texts_cannot_open_tags()
    {
        var screen = new Screen(40);
        screen.Write("\e[1;33mwarning:\e[0m <b> & co");
        var svg = Svg.Draw(screen, "a <title>");
        Assert.Contains("class=\"b yellow\">warning:</text>", svg, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt; &amp; co", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("<title>", svg, StringComparison.Ordinal);
        System.Xml.Linq.XDocument.Parse(svg);
    }
}
