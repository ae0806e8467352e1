using Attune.Quality;

namespace Attune.Tests.Quality.Checks;

public class ConflictsTests : QualityFiles
{
    [Fact]
    public void Planted_conflicts_are_found_and_no_others()
    {
        var random = new Random(3);
        var rows = Enumerable.Range(0, 5000).Select(static i => ($"question {i}", $"label {i % 7}")).ToList();
        var planted = new HashSet<string>();
        foreach (var at in Enumerable.Range(0, 5000).Where(static i => i % 23 == 0))
        {
            // Half of them with another label, half of them the very same row again.
            if (at % 46 == 0) planted.UnionWith([$"question {at}"]);
            rows.Add(($"Question  {at}", at % 46 == 0 ? "label 9" : rows[at].Item2));
        }
        var found = Of(Report(new QualityOptions { Files = [Write("a.jsonl", Rows([.. rows.OrderBy(_ => random.Next())]))], Settings = new QualitySettings { Examples = int.MaxValue } }), "conflict");
        Assert.Equal(2 * planted.Count, found.Rows);
        Assert.Equal(planted, found.Examples.Select(static e => string.Join(' ', e.Prompt.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToHashSet());
        Assert.All(found.Examples, static e => Assert.NotEqual(e.Answer, e.Other!.Answer));
        Assert.Equal(QualitySeverity.Warning, found.Severity);
    }

    [Fact]
    public void Free_text_may_differ_and_what_asks_nothing_is_no_conflict()
    {
        var (first, second) = ("one two three four five six seven eight nine", "nine eight seven six five four three two one");
        Assert.Equal(QualitySeverity.Note, Of(Report(Write("a.jsonl", Rows(("a", first), ("a", second)))), "conflict").Severity);
        Assert.Equal(0, Of(Report(Write("b.jsonl", Rows(("", "x"), (" ", "y")))), "conflict").Rows);
        Assert.Equal(0, Of(Report(Write("c.jsonl", "{\"text\": \"x\"}\n{\"text\": \"y\"}\n")), "conflict").Rows);
    }

    [Theory]
    [InlineData("conflict", "c=x")]
    [InlineData("conflict-majority", "a=x a=x c=x")]
    public void Remedies_drop_all_or_all_but_the_most_given(string remedy, string expected)
    {
        var path = Write("a.jsonl", Rows(("a", "x"), ("b", "x"), ("a", "y"), ("b", "y"), ("a", "x"), ("c", "x")));
        DataQuality.Clean(new CleanOptions { Look = new QualityOptions { Files = [path] }, Remedies = [remedy], Out = path + ".out" }, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(Rows([.. expected.Split(' ').Select(static r => (r[..1], r[2..]))]), File.ReadAllText(path + ".out"));
    }
}
