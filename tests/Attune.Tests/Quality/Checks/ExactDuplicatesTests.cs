namespace Attune.Tests.Quality.Checks;

public class ExactDuplicatesTests : QualityFiles
{
    [Fact]
    public void Case_and_white_space_do_not_tell_rows_apart_and_nothing_else_is_evened_out()
    {
        var found = Of(Report(Write("a.jsonl", Rows(
            ("Where is it?", "Here."), ("  where is\n it? ", "HERE."), ("Where is it", "Here."), ("Where is it?", "There."), ("Where is it? Here.", "."), ("where is it?", "here.")))), "exact");
        Assert.Equal(["a.jsonl, row 2", "a.jsonl, row 6"], found.Examples.Select(static e => e.Place));
        Assert.All(found.Examples, static e => Assert.Equal(("says the same as row 1", "a.jsonl, row 1"), (e.Why, e.Other?.Place)));
    }

    [Fact]
    public void What_stands_beside_the_texts_counts()
    {
        const string call = """{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "NAME", "arguments": {}}}]}]}""";
        var path = Write("a.jsonl", $"{call}\n{call.Replace("NAME", "other", StringComparison.Ordinal)}\n");
        Assert.Equal(0, Of(Report(path), "exact").Rows);
        Assert.Equal(0, Of(Report(Write("b.jsonl", """
            {"system": "Answer in French.", "prompt": "a", "completion": "b"}
            {"system": "Answer in German.", "prompt": "a", "completion": "b"}
            """)), "exact").Rows);
    }

    [Fact]
    public void Planted_duplicates_are_found_and_no_others()
    {
        var random = new Random(7);
        var rows = new List<(string, string)>();
        var planted = new HashSet<int>();
        for (var i = 0; i < 20_000; i++)
        {
            if (i > 100 && random.Next(10) == 0)
            {
                planted.Add(i + 1);
                var (prompt, answer) = rows[random.Next(rows.Count)];
                rows.Add((random.Next(2) == 0 ? prompt.ToUpperInvariant() : " " + prompt, answer));
            }
            else rows.Add(($"question {i} of {random.Next()}", $"answer {random.Next(50)}"));
        }
        var found = Of(Report(new Attune.Quality.QualityOptions { Files = [Write("a.jsonl", Rows([.. rows]))], Settings = new() { Examples = int.MaxValue } }), "exact");
        Assert.Equal(planted.Count, found.Rows);
        Assert.Equal(planted, found.Examples.Select(static e => int.Parse(e.Place.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture)).ToHashSet());
    }
}
