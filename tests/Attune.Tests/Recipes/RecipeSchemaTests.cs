using System.Text.Json.Nodes;
using Attune.Recipes;

namespace Attune.Tests.Recipes;

/// <summary>The schema that editors read says what the reader takes.</summary>
public class RecipeSchemaTests
{
    private static readonly string Recipes = Path.Combine(SharedData.RepositoryRoot, "recipes");

    [Fact]
    public void The_file_beside_the_recipes_is_current() => Assert.True(
        RecipeSchema.Write() == File.ReadAllText(Path.Combine(Recipes, "schema.json")).ReplaceLineEndings("\n"),
        "recipes/schema.json is behind the table of keys: write it again with: dotnet run -c Release --project src/Attune.Cli -- schema > recipes/schema.json");

    [Fact]
    public void Every_key_has_its_place_and_its_help()
    {
        var root = JsonNode.Parse(RecipeSchema.Write())!;
        Assert.Equal(["model", "data"], root["required"]!.AsArray().Select(static r => r!.GetValue<string>()));
        foreach (var key in RecipeKeys.All)
        {
            var place = (key.Section.Length == 0 ? root : root["properties"]![key.Section]!)["properties"]![key.Leaf]!;
            Assert.StartsWith(key.Help, place["description"]!.GetValue<string>());
            Assert.False(root["properties"]![key.Section.Length == 0 ? key.Leaf : key.Section]!["additionalProperties"]?.GetValue<bool>() ?? false);
        }
    }

    [Theory]
    [InlineData("method.kind", "lora")]
    [InlineData("data.truncation", "prompt-left")]
    [InlineData("data.format", "auto")]
    [InlineData("train.recompute", "off")]
    public void Words_are_the_ones_that_the_reader_takes(string key, string word) => Assert.Contains(word, RecipeKeys.Find(key)!.Words);

    [Fact]
    public void Numbers_have_the_bounds_of_the_reader()
    {
        var train = JsonNode.Parse(RecipeSchema.Write())!["properties"]!["train"]!["properties"]!;
        Assert.Equal("""{"type":"integer","minimum":0}""", Bare(train["seed"]!));
        Assert.Equal("""{"anyOf":[{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":10},{"enum":["auto"]}]}""", Bare(train["learning_rate"]!));
        Assert.Equal("""{"type":"boolean"}""", Bare(train["keep_best"]!));
    }

    [Fact]
    public void Every_recipe_names_it() =>
        Assert.All(Directory.GetFiles(Recipes, "*.yaml"), static f => Assert.Equal("# yaml-language-server: $schema=schema.json", File.ReadLines(f).First()));

    private static string Bare(JsonNode schema)
    {
        var copy = schema.DeepClone().AsObject();
        copy.Remove("description");
        return copy.ToJsonString();
    }
}
