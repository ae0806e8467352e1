using Attune.Evaluation;

namespace Attune.Tests.Evaluation;

public class MetricDefaultsTests
{
    [Theory]
    [InlineData("loss", "nothing is answered")]
    [InlineData("json-fields", "JSON", "{\"a\": 1}", " {}")]
    [InlineData("numeric", "number", "42", "-1,000.5", "$ 3")]
    [InlineData("numeric", "number", "−4", "+0.5 %", "12e3", "£1,000,000")]
    [InlineData("exact", "at most 8 words", "15.01.2024", "2024-01-15")]
    [InlineData("exact", "at most 8 words", "12,50 €", "3,20 €")]
    [InlineData("exact", "at most 8 words", "4-2", "1 2")]
    [InlineData("exact", "at most 8 words", "1.234,56", "%")]
    [InlineData("label", "2 different", "yes", "no", "Yes", "no")]
    [InlineData("exact", "at most 8 words", "Paris", "the river Rhine", "1989", "Anna")]
    [InlineData("rouge-l", "longer than 8 words", "a b c d e f g h i j", "k l m n o p q r s t u", "one", "a b c d e f g h i j k l")]
    public void The_form_of_the_answers_chooses(string first, string reason, params string[] expected)
    {
        var (metrics, why) = MetricDefaults.For(expected);
        Assert.Equal(first, metrics[0]);
        Assert.Contains(reason, why, StringComparison.Ordinal);
        Assert.All(["loss", "perplexity", "token-accuracy"], m => Assert.Contains(m, metrics));
    }
}
