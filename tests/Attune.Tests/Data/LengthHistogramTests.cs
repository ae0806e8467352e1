using Attune.Data;

namespace Attune.Tests.Data;

public class LengthHistogramTests
{
    [Fact]
    public void Bars_cover_every_row_once()
    {
        var lengths = Enumerable.Range(1, 500).Select(i => i * i % 487 + 1).ToList();
        var histogram = new LengthHistogram(lengths);
        Assert.Equal(500, histogram.Bars().Sum(b => b.Rows));
        Assert.Equal(lengths.Max(), histogram.Longest);
        Assert.Equal(lengths.Count(l => l > 100) / 500.0, histogram.ShareAbove(100));
    }

    [Theory]
    [InlineData(0.5, 5)]
    [InlineData(0.95, 10)]
    [InlineData(0, 1)]
    [InlineData(1, 10)]
    public void Percentiles_are_nearest_ranks(double share, int length) =>
        Assert.Equal(length, new LengthHistogram(Enumerable.Range(1, 10).Reverse()).Percentile(share));

    [Fact]
    public void The_text_marks_what_is_too_long()
    {
        var text = new LengthHistogram([1, 2, 2, 3, 25]).Render(limit: 7, width: 4).Split('\n');
        Assert.Equal(" 1– 5 tokens  4  ████", text[0]);
        Assert.Equal(" 6–10 tokens  0    partly too long", text[1]);
        Assert.Equal("21–25 tokens  1  █  too long", text[^1]);
    }

    [Fact]
    public void No_rows_are_said_to_be_none()
    {
        Assert.Equal("(no rows)", new LengthHistogram([]).Render());
        Assert.Equal(0, new LengthHistogram([]).Percentile(0.5));
    }
}
