using Attune.Quality.Detectors;

namespace Attune.Tests.Quality.Checks;

public class LengthsTests : QualityFiles
{
    [Fact]
    public void Characters_and_words_of_prompts_and_answers()
    {
        var found = Of(Report(Write("a.jsonl", Rows(("one two", "three"), ("a", "don't say it twice, please"), ("b", "日本語")))), "lengths");
        Assert.Contains(("answer_words_longest", 5.0), found.Figures);
        Assert.Contains(("answer_words_median", 3.0), found.Figures);
        Assert.Contains(("answer_characters_longest", 26.0), found.Figures);
        Assert.Contains(("prompt_characters_total", 9.0), found.Figures);
        Assert.Equal(3.0, found.Tables.Single(static t => t.Name == "answer characters").Rows.Sum(static r => r.Value));
    }

    [Fact]
    public void Percentiles_are_exact_for_short_texts_and_close_for_long_ones()
    {
        var (sketch, lengths) = (new LengthSketch(), new List<int>());
        for (var i = 0; i < 5000; i++)
        {
            var length = (int)(i * (long)i % 90_001);
            sketch.Add(length);
            lengths.Add(length);
        }
        lengths.Sort();
        foreach (var share in new[] { 0.01, 0.1, 0.5, 0.9, 0.99, 1 })
        {
            var exact = lengths[(int)Math.Ceiling(share * lengths.Count) - 1];
            Assert.InRange(sketch.Percentile(share), exact, exact < 512 ? exact : exact * 65.0 / 64);
        }
        sketch.Add(int.MaxValue);
        Assert.Equal(int.MaxValue, sketch.Percentile(1));
        Assert.Equal(5001, sketch.Bars("x").Rows.Sum(static r => r.Value));
    }
}
