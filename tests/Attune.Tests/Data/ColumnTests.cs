using System.Text.Json.Nodes;
using Attune.Data;

namespace Attune.Tests.Data;

public class ColumnTests
{
    private const string Json = """
        {"q": "Why?", "Best Answer": "So.", "n": 1.50, "yes": true, "none": null, "ctx": ["first", "second"], "table": [["", "2019"], ["sales", 7]],
         "qa": {"answer": "42"}, "parts": [{"text": "p"}, {"text": "r"}]}
        """;

    private static (string? Value, ProblemList Problems) Value(string column)
    {
        var parsed = Column.Parse(column, out var wrong);
        Assert.True(parsed is not null, wrong);
        var problems = new ProblemList();
        var value = parsed.Value(new Row("d.json", 3, 3, JsonNode.Parse(Json)!.AsObject()), problems);
        return (value is JsonValue v && v.TryGetValue<string>(out var text) ? text : value?.ToJsonString(), problems);
    }

    [Theory]
    [InlineData("q", "Why?")]
    [InlineData("Best Answer", "So.")]
    [InlineData("qa.answer", "42")]
    [InlineData("ctx", "[\"first\",\"second\"]")]
    [InlineData("{q}", "Why?")]
    [InlineData("Q: {q}\\nA:", "Q: Why?\nA:")]
    [InlineData("Q: {q}\nA:", "Q: Why?\nA:")]
    [InlineData("{Best Answer}|{qa.answer}", "So.|42")]
    [InlineData("{n} {yes}", "1.50 true")]
    [InlineData("{ctx}", "first\nsecond")]
    [InlineData("{ctx[1]}", "second")]
    [InlineData("{table}", " | 2019\nsales | 7")]
    [InlineData("{parts[].text}", "p\nr")]
    [InlineData("<{none?}{absent?}>", "<>")]
    [InlineData("{{{q}}}", "{Why?}")]
    [InlineData("{{\"a\": \"{q}\"}}", "{\"a\": \"Why?\"}")]
    [InlineData("\\\\n{q}\\t.", "\\nWhy?\t.")]
    public void Columns_paths_and_templates_give_values(string column, string expected)
    {
        var (value, problems) = Value(column);
        Assert.Equal(0, problems.Count);
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("{absent}", "has no field `absent`", "{absent?}")]
    [InlineData("{none}", "has no field `none`", "")]
    [InlineData("{qq}", "has no field `qq`", "did you mean `q`")]
    [InlineData("absent", "has no field `absent`", "")]
    [InlineData("{qa}", "`qa` is an object", "{qa.answer}")]
    [InlineData("{parts}", "`parts` holds an object", "{parts[].text}")]
    public void What_a_row_lacks_is_named_with_the_row(string column, string message, string remedy)
    {
        var (value, problems) = Value(column);
        Assert.Null(value);
        var problem = Assert.Single(problems.First);
        Assert.Equal("d.json, row 3", problem.Place);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{q", "never closed")]
    [InlineData("{}", "no path")]
    [InlineData("{?}", "no path")]
    [InlineData("{a[b]}", "brackets")]
    public void A_broken_template_is_refused(string column, string message)
    {
        Assert.Null(Column.Parse(column, out var problem));
        Assert.Contains(message, problem, StringComparison.Ordinal);
    }

    /// <summary>Whatever text stands around the references comes out as it is, once its braces and backslashes are doubled.</summary>
    [Fact]
    public void Any_text_survives_in_a_template()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var text = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => "{}\\nt\n \"é?"[random.Next(10)]));
            var quoted = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
            Assert.Equal(text + "Why?" + text, Value(quoted + "{q}" + quoted).Value);
        }
    }
}
