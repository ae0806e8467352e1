using System.Globalization;
using System.Text.Json;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Attune.Search;

namespace Attune.Tests.Runs;

/// <summary>Searches as processes, whose trials are processes.</summary>
public sealed class SearchProcessTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    /// <summary>SIGKILL in the second trial; the next call goes on at once and comes to what an undisturbed search comes to.</summary>
    [Fact]
    public async Task A_killed_search_goes_on()
    {
        var recipe = Recipe("killed");
        using (var killed = CliProcess.Start([], ["search", recipe]))
        {
            var second = Path.Combine(tiny.FileOf("killed"), "trials", "0001", "metrics.jsonl");
            while (!File.Exists(second) && !killed.HasExited)
                await Task.Delay(5, TestContext.Current.CancellationToken);
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(137, killed.ExitCode);
        }
        var (code, text, _) = await CliProcess.Read("search", recipe, "--json");
        Assert.Equal(0, code);
        var straight = SearchRun.Execute(RecipeReader.ReadFile(Recipe("straight")), new SearchOptions { Runner = new TrialProcess([CliProcess.Dotnet, CliProcess.Program]) }, static _ => { }, TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(text);
        var trials = json.RootElement.GetProperty("trials").EnumerateArray().Select(static t => (t.GetProperty("state").GetString()!, t.TryGetProperty("result", out var r) ? r.GetDouble() : 0, t.GetProperty("values").GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal)));
        Assert.Equal(straight.Trials.Select(static t => (t.State.ToString().ToLowerInvariant(), t.Result ?? 0, "{" + string.Join(',', t.Values.Select(static v => $"\"{v.Name}\":\"{v.Value}\"")) + "}")), trials);
        Assert.Equal(TinyModel.Bytes(Adapter(straight)), TinyModel.Bytes(Adapter(straight with { Folder = tiny.FileOf("killed") })));
        Assert.Equal(0, await CliProcess.Run([], "train", straight.BestRecipe, "--max-steps", "2", "--output", tiny.FileOf("best")));
    }

    /// <summary>The process of trial 1 kills itself.</summary>
    [Fact]
    public void A_crash_costs_one_trial()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the crash is made by a shell");
        var script = tiny.FileOf("crash.sh");
        File.WriteAllText(script, $"case \"$2\" in */0001) echo 'terrible things' >&2; kill -9 $$;; esac\nexec {CliProcess.Dotnet} {CliProcess.Program} \"$@\"\n");
        var report = SearchRun.Execute(RecipeReader.ReadFile(Recipe("crash")), new SearchOptions { Runner = new TrialProcess(["/bin/sh", script]) }, static _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(TrialState.Failed, report.Trials[1].State);
        Assert.Contains("signal 9", report.Trials[1].Error!, StringComparison.Ordinal);
        Assert.Contains("terrible things", report.Trials[1].Error!, StringComparison.Ordinal);
        Assert.Equal(3, report.Trials.Count(static t => t.State is TrialState.Done or TrialState.Pruned));
    }

    private static string Adapter(StudyReport report) => Path.Combine(report.Folder, "trials", report.Best!.Number.ToString("0000", CultureInfo.InvariantCulture), "adapter");

    private string Recipe(string name)
    {
        var yaml = RecipeWriter.Write(tiny.Recipe(
            name, "train.max_steps=20", "train.eval_every=5", "train.threads=1", "train.learning_rate=auto", "search.trials=4",
            "search.space={train.learning_rate: {from: 1e-3, to: 1e-1, scale: log}, method.rank: {choices: [2, 4]}}", "method.rank=auto"));
        File.WriteAllText(tiny.FileOf(name + ".yaml"), yaml);
        return tiny.FileOf(name + ".yaml");
    }
}
