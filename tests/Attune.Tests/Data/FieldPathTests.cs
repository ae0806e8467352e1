using System.Text.Json.Nodes;
using Attune.Data;

namespace Attune.Tests.Data;

public class FieldPathTests
{
    private static readonly JsonObject Row = JsonNode.Parse("""
        {"a": "x", "n": null, "b": {"c": [10, 20, 30], "d.e": "dot"}, "h.i": "header", "list": [{"t": "one", "s": ["p", "q"]}, {"t": "two", "s": ["r"]}, {"u": 1}]}
        """)!.AsObject();

    [Theory]
    [InlineData("a", "\"x\"")]
    [InlineData("b.c", "[10,20,30]")]
    [InlineData("b.c[1]", "20")]
    [InlineData("b.c[-1]", "30")]
    [InlineData("b.c.0", "10")]
    [InlineData("h.i", "\"header\"")]
    [InlineData("list[0].t", "\"one\"")]
    [InlineData("list[].t", "[\"one\",\"two\"]")]
    [InlineData("list[].s[]", "[\"p\",\"q\",\"r\"]")]
    [InlineData("list[].s[0]", "[\"p\",\"r\"]")]
    [InlineData("n", null)]
    [InlineData("z", null)]
    [InlineData("b.z.y", null)]
    [InlineData("b.c[3]", null)]
    [InlineData("b.c[-4]", null)]
    [InlineData("a.b", null)]
    [InlineData("a[0]", null)]
    [InlineData("b[]", null)]
    public void A_path_leads_to_its_value(string path, string? expected)
    {
        var parsed = FieldPath.Parse(path, out var problem);
        Assert.Empty(problem);
        Assert.Equal(expected, parsed!.In(Row)?.ToJsonString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a[x]")]
    [InlineData("a[0")]
    [InlineData("a[0]b")]
    [InlineData("[0]")]
    [InlineData("a[99999999999]")]
    public void What_is_no_path_is_refused_with_an_example(string path)
    {
        Assert.Null(FieldPath.Parse(path, out var problem));
        Assert.Contains("no path", problem, StringComparison.Ordinal);
        Assert.Contains("choices[0]", problem, StringComparison.Ordinal);
    }

    /// <summary>Every value of any tree is found again by the path that is written down while walking there.</summary>
    [Fact]
    public void Every_value_of_a_tree_is_found_by_its_path()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var tree = (JsonObject)Tree(new Random(seed), 4, first: true)!;
            var visited = 0;
            foreach (var (path, node) in Walk(tree, ""))
            {
                Assert.Same(node, FieldPath.Parse(path, out _)!.In(tree));
                visited++;
            }
            Assert.True(visited > 0);
        }
    }

    private static IEnumerable<(string, JsonNode?)> Walk(JsonNode? node, string path)
    {
        if (path.Length > 0) yield return (path, node);
        var inner = node switch
        {
            JsonObject fields => fields.SelectMany(f => Walk(f.Value, path.Length == 0 ? f.Key : $"{path}.{f.Key}")),
            JsonArray list => list.SelectMany((v, i) => Walk(v, $"{path}[{i}]")),
            _ => [],
        };
        foreach (var pair in inner) yield return pair;
    }

    private static JsonNode? Tree(Random random, int depth, bool first = false) => (first ? 0 : random.Next(depth > 0 ? 4 : 2) + 2) switch
    {
        0 or 4 => new JsonObject(Enumerable.Range(0, random.Next(1, 4)).Select(i => KeyValuePair.Create($"f{i}", Tree(random, depth - 1)))),
        5 => new JsonArray([.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => Tree(random, depth - 1))]),
        2 => null,
        _ => random.Next(100),
    };
}
