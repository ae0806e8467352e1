using Attune.Problems;
using Attune.Recipes;

namespace Attune.Tests.Recipes;

/// <summary>A folder with a model folder and a few data files, for recipes that point at something.</summary>
internal sealed class RecipeFolder : IDisposable
{
    public RecipeFolder()
    {
        Directory.CreateDirectory(Path.Combine(Root, "model"));
        Directory.CreateDirectory(Path.Combine(Root, "other-model"));
        foreach (var name in (string[])["train.jsonl", "more.jsonl", "valid.jsonl", "test.jsonl", "template.jinja", "general.txt"])
            File.WriteAllText(Path.Combine(Root, name), "{}\n");
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("attune-recipe-").FullName;

    public const string Minimal = "model: model\ndata:\n  train: train.jsonl\n";

    public string At(string name) => Path.Combine(Root, name);

    public Recipe Read(string yaml, params Setting[] settings) => RecipeReader.Read(yaml, At("recipe.yaml"), settings);

    public IReadOnlyList<Problem> Problems(string yaml, params Setting[] settings) =>
        Assert.Throws<UserErrorException>(() => Read(yaml, settings)).Problems;

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
