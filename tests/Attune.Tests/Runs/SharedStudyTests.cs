using System.Globalization;
using System.Text.Json;
using Attune.Recipes;
using Attune.Tests.Search.Stores;

namespace Attune.Tests.Runs;

/// <summary>
/// Several <c>attune search</c> on one study: on a file, and on the PostgreSQL server that <c>tests/postgres.sh</c> starts, there with folders of their own as on machines
/// of their own.
/// </summary>
public sealed class SharedStudyTests : IDisposable
{
    private const int Trials = 4;

    private readonly TinyModel tiny = new();
    private readonly PostgresSchema schema = new();

    public void Dispose()
    {
        schema.Dispose();
        tiny.Dispose();
    }

    [Theory]
    [InlineData("file")]
    [InlineData("server")]
    public async Task No_trial_runs_twice_and_both_end_with_the_same_best(string kind)
    {
        var store = Place(kind);
        var both = await Task.WhenAll(CliProcess.Read(Line("one", store, 20)), CliProcess.Read(Line(kind == "file" ? "one" : "two", store, 20)));
        Assert.All(both, static b => Assert.True(b.Code == 0, b.Error));
        Assert.Equal(Enumerable.Range(0, Trials), both.SelectMany(static b => Taken(b.Error, "begins")).Order());
        Assert.Empty(both.SelectMany(static b => Taken(b.Error, "goes on")));
        Assert.Single(both.SelectMany(static b => b.Error.Split('\n')), static l => l.Contains("(the recipe itself)", StringComparison.Ordinal));
        Assert.Equal(Study(both[0].Out), Study(both[1].Out));
    }

    /// <summary>SIGKILL for the first with a trial in its hands; the second takes that up, and the first's own next call finds nothing left to do.</summary>
    [Theory]
    [InlineData("file")]
    [InlineData("server")]
    public async Task The_trial_of_a_killed_search_is_taken_up_by_the_other(string kind)
    {
        var store = Place(kind);
        using var killed = CliProcess.Start([], Line("killed", store, 150));
        var other = CliProcess.Read(Line("other", store, 150));
        while (!(HasTrialInHand("killed") && HasTrialInHand("other")) && !killed.HasExited)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        killed.Kill();
        await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(137, killed.ExitCode);
        var (code, text, error) = await other;
        Assert.True(code == 0, error);
        var taken = Assert.Single(Taken(error, "goes on"));
        Assert.DoesNotContain(taken, Taken(error, "begins"));
        Assert.True(Directory.Exists(tiny.FileOf($"killed/trials/{taken:0000}")));
        var again = await CliProcess.Read(Line("killed", store, 150));
        Assert.True(again.Code == 0, again.Error);
        Assert.Empty(Taken(again.Error, "begins").Concat(Taken(again.Error, "goes on")));
        Assert.Equal(Study(text), Study(again.Out));
    }

    // A trial that a search has begun to train and not ended.
    private bool HasTrialInHand(string name)
    {
        var trials = tiny.FileOf(Path.Combine(name, "trials"));
        return Directory.Exists(trials) && Directory.EnumerateDirectories(trials).Any(static t => File.Exists(Path.Combine(t, "metrics.jsonl")) && !File.Exists(Path.Combine(t, "result.json")));
    }

    private string Place(string kind) => kind == "file" ? tiny.FileOf("shared.db") : schema.Place;

    private string[] Line(string name, string store, int steps)
    {
        var file = tiny.FileOf(name + ".yaml");
        var recipe = tiny.Recipe(
            name, $"train.max_steps={steps}", "train.eval_every=10", "train.threads=1", "train.learning_rate=auto", $"search.trials={Trials}", "search.pruner=none",
            "search.space={train.learning_rate: {from: 1e-3, to: 1e-1, scale: log}, train.neftune: {choices: [0, 2]}}");
        File.WriteAllText(file, RecipeWriter.Write(recipe with { Output = null }));
        return ["search", file, "--output", tiny.FileOf(name), "--store", store, "--json"];
    }

    private static IEnumerable<int> Taken(string error, string how) => error.Split('\n').Where(l => l.Contains($" {how}: ", StringComparison.Ordinal))
        .Select(static l => int.Parse(l.Trim().Split(' ')[1], CultureInfo.InvariantCulture));

    // All that does not name the folder.
    private static string Study(string text)
    {
        using var json = JsonDocument.Parse(text);
        Assert.Equal(Trials, json.RootElement.GetProperty("trials").EnumerateArray().Count(static t => t.GetProperty("state").GetString() == "done"));
        return string.Join('\n', ((string[])["best", "recipe_itself", "trials"]).Select(name => json.RootElement.GetProperty(name).GetRawText()));
    }
}
