using System.Text.Json.Nodes;
using Attune.Text;

namespace Attune.Tests.Text.Jinja;

/// <summary>Snippets of the language against what Jinja2 makes of them (make_jinja_cases.py).</summary>
public class JinjaReferenceTests
{
    private static readonly JsonNode File = JsonNode.Parse(System.IO.File.ReadAllText(
        Path.Combine(SharedData.RepositoryRoot, "tests", "Attune.Tests", "Text", "Jinja", "jinja-cases.json")))!;

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, File["cases"]!.AsArray().Count)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Snippet_renders_as_in_Jinja2(int index)
    {
        var snippet = File["cases"]![index]!;
        var options = new ChatOptions { Variables = File["variables"]!.AsObject().ToDictionary(p => p.Key, p => p.Value) };
        var template = ChatTemplate.Parse(snippet["source"]!.GetValue<string>(), "snippet");
        Assert.Equal(snippet["expected"]!.GetValue<string>(), template.Render([], options));
    }
}
