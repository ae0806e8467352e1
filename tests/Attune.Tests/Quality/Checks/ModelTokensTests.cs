using Attune.Quality;
using Attune.Runs;

namespace Attune.Tests.Quality.Checks;

public class ModelTokensTests : QualityFiles
{
    [Fact]
    public void Lengths_special_tokens_and_rows_that_do_not_fit_are_found()
    {
        var folder = Directory.EnumerateDirectories(Path.Combine(SharedData.RepositoryRoot, "models")).Order(StringComparer.Ordinal).First(static d => File.Exists(Path.Combine(d, "tokenizer.json")));
        using var context = ModelContext.Open(folder, withWeights: false);
        var special = context.Tokenizer.TokenText(context.Tokenizer.EosId!.Value);
        var path = Write("a.jsonl", Rows(("one two", "three four"), ("long", string.Concat(Enumerable.Repeat("word and word ", 500))), ("a", $"b {special} c")));
        var found = Of(Report(new QualityOptions { Files = [path], Model = new QualityModel(context.Tokenizer, context.Template, context.EndIds, 64) }), "tokens");
        Assert.Equal(2, found.Rows);
        Assert.Contains("more than the model's 64 positions", found.Examples[0].Why, StringComparison.Ordinal);
        Assert.Contains("special token", found.Examples[1].Why, StringComparison.Ordinal);
        Assert.Contains(("rows_too_long", 1.0), found.Figures);
        Assert.True(found.Figures.Single(static f => f.Name == "tokens_longest").Value > 500);
        Assert.Equal(3.0, found.Tables.Single().Rows.Sum(static r => r.Value));
    }

    [Fact]
    public void Without_a_model_there_is_no_such_check() =>
        Assert.DoesNotContain(Report(Write("a.jsonl", Rows(("a", "b")))).Findings, static f => f.Check == "tokens");
}
