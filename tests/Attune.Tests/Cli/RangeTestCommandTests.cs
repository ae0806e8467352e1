namespace Attune.Tests.Cli;

/// <summary><c>attune search --range-test</c> as a user starts it.</summary>
public class RangeTestCommandTests
{
    [Fact]
    public async Task It_shows_the_curve_and_says_which_rate()
    {
        using var tiny = new Runs.TinyModel();
        var text = await CliRun.Of("search", Recipe(tiny), "--range-test", "--range", "1e-5", "1", "--range-steps", "40");
        Assert.Equal(0, text.ExitCode);
        Assert.Contains("lowest: half of it is suggested", text.Out);
        Assert.Contains("Suggested: ", text.Out);
        Assert.Contains("█", text.Out);
        Assert.True(File.Exists(Path.Combine(tiny.FileOf("range"), "range-test.html")));
        var json = await CliRun.Of("search", Recipe(tiny), "--range-test", "--range", "1e-5", "1", "--range-steps", "40", "--json", "--quiet");
        Assert.Equal(40, json.Json.GetProperty("points").GetArrayLength());
        Assert.InRange(json.Json.GetProperty("suggestion").GetDouble(), 1e-4, 0.5);
        Assert.Empty(json.Error);
    }

    /// <summary>The recipe that comes with the repository, as its first lines say; three rates beside the range for a tiny model.</summary>
    [Fact]
    public async Task The_shipped_recipe_gives_a_rate()
    {
        using var tiny = new Runs.TinyModel();
        var run = await CliRun.Of(
            "search", Path.Combine(SharedData.RepositoryRoot, "recipes", "range-test.yaml"), "--range-test", "--range-steps", "30", "--json", "--output", tiny.FileOf("shipped"),
            "--set", $"model={tiny.Path}", "--set", $"data.train={tiny.Data}", "--set", "train.batch_tokens=512", "--set", "train.threads=1");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(30, run.Json.GetProperty("points").GetArrayLength());
        Assert.True(run.Json.GetProperty("suggestion").GetDouble() > 0);
    }

    [Theory]
    [InlineData("--range 1e-5 1", "--range")]
    [InlineData("--range-steps 40", "--range-steps")]
    [InlineData("--range-test --trials 5", "--trials")]
    [InlineData("--range-test --range 1e-5", "two rates")]
    [InlineData("--range-test --range-steps 3", "20 to 10000")]
    [InlineData("--range-test --range 1e-5 much", "expected a number")]
    public async Task What_does_not_go_together_is_exit_2(string flags, string message)
    {
        using var tiny = new Runs.TinyModel();
        var run = await CliRun.Of(["search", Recipe(tiny), .. flags.Split(' ')]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    private static string Recipe(Runs.TinyModel tiny)
    {
        var file = tiny.FileOf("recipe.yaml");
        File.WriteAllText(file, $$"""
            model: {{tiny.Path}}
            data: {train: [{{tiny.Data}}]}
            method: {rank: 4}
            train: {batch_tokens: 512, micro_batch_tokens: 256, threads: 1}
            output: {{tiny.FileOf("range")}}
            """);
        return file;
    }
}
