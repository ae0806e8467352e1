using Attune.Models;

namespace Attune.Tests.Models;

public class StopScannerTests
{
    private static (string Shown, bool Stopped, string[] Pieces) Scan(string[] stops, params string[] pieces)
    {
        var scanner = new StopScanner(stops);
        var shown = pieces.Select(scanner.Push).ToArray();
        return (string.Concat(shown) + scanner.Flush(), scanner.Stopped, shown);
    }

    [Fact]
    public void A_stop_string_ends_the_text_before_it()
    {
        var (shown, stopped, _) = Scan(["END"], "one END two", "three");
        Assert.Equal("one ", shown);
        Assert.True(stopped);
    }

    [Fact]
    public void A_stop_string_across_pieces_is_found_and_no_part_of_it_is_shown()
    {
        var (shown, stopped, pieces) = Scan(["<stop>"], "ab<s", "to", "p>cd");
        Assert.Equal("ab", shown);
        Assert.True(stopped);
        Assert.Equal(["ab", "", ""], pieces);
    }

    [Fact]
    public void What_only_looked_like_a_stop_string_is_shown_after_all()
    {
        var (shown, stopped, pieces) = Scan(["<stop>"], "a<st", "ab", "<s");
        Assert.Equal("a<stab<s", shown);
        Assert.False(stopped);
        Assert.Equal(["a", "<stab", ""], pieces);
    }

    [Fact]
    public void The_earliest_of_several_counts()
    {
        Assert.Equal("a", Scan(["dd", "bb", "cc"], "abbccdd").Shown);
        Assert.Equal("x", Scan(["aab"], "xa", "a", "b").Shown);
        Assert.Equal("xa", Scan(["aab"], "xa", "aab").Shown);
    }

    [Fact]
    public void Without_stop_strings_everything_is_shown_at_once() => Assert.Equal(["a", "b"], Scan([], "a", "b").Pieces);
}
