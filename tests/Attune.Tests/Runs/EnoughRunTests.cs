using System.Text.Json;
using Attune.Data;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Attune.Training;

namespace Attune.Tests.Runs;

/// <summary><c>attune data enough</c>: runs on parts of the rows, kept, gone on with, and told apart from those of others.</summary>
public class EnoughRunTests
{
    private static readonly EnoughOptions Two = new() { Seeds = [4, 2] };

    private static readonly string[] Short = ["train.max_steps=8", "train.eval_every=2", "eval.rows=0", "eval.max_new_tokens=auto", "train.threads=1"];

    private static QuantityReport Run(Recipe recipe, EnoughOptions options, List<string>? begun = null, Action<RunNotice>? notice = null, CancellationToken? cancel = null) =>
        EnoughRun.Execute(recipe, options, TinyModel.Backend(recipe, 1), TimeProvider.System, (_, _, name) => begun?.Add(name), notice ?? (static _ => { }), cancel ?? TestContext.Current.CancellationToken).Report;

    [Fact]
    public void Parts_are_measured_on_the_same_rows_in_steps_of_their_own()
    {
        using var tiny = new TinyModel();
        var begun = new List<string>();
        var report = Run(tiny.Recipe("study", Short), Two, begun);
        Assert.Equal(["rows-12-seed-2", "rows-25-seed-2", "rows-50-seed-2", "rows-100-seed-2", "rows-12-seed-4", "rows-25-seed-4", "rows-50-seed-4", "rows-100-seed-4"], begun);
        Assert.Equal([2, 2, 2, 2, 4, 4, 4, 4], report.Points.Select(static p => p.Seed));
        Assert.Equal([5, 8, 8, 8], report.Points.Take(4).Select(static p => p.Steps));
        Assert.Equal(report.Rows, report.Points[3].Rows);
        Assert.Equal(report.Points.Take(4).Select(static p => p.Rows).Order(), report.Points.Take(4).Select(static p => p.Rows));
        Assert.All(report.Points, p => Assert.Equal(report.HeldOut, p.Values[0].Count));
        Assert.Equal(2, report.Points.GroupBy(static p => p.Fraction).First().Select(static p => p.Values[0].Value).Distinct().Count());
        // What was held out is the same in every run, whatever its seed: their recipes say by what.
        var recipes = begun.Select(n => RecipeReader.ReadFile(Path.Combine(tiny.FileOf("study"), n, "recipe.yaml"))).ToArray();
        Assert.All(recipes, r => Assert.Equal(1, r.Data.SplitSeed));
        Assert.Equal([2, 4], recipes.Select(static r => r.Train.Seed).Distinct());
        Assert.Single(recipes.Select(static r => (r.Train.LearningRate, r.Data.MaxLength, r.Method.Rank)).Distinct());
        Assert.False(Directory.Exists(Path.Combine(tiny.FileOf("study"), begun[0], "adapter")));
    }

    /// <summary>4,000 rows of 100 tokens, 20 of which are trained: below 50,000 trained tokens five passes are chosen, else three.</summary>
    [Theory]
    [InlineData(1600, 750, null, 1000, 5.0, 832)]
    [InlineData(1600, 750, null, 3000, 3.0, 1408)]
    [InlineData(1600, 200, null, 1000, 3.2, 832)]
    [InlineData(1600, 2500, 8.0, 1000, 8.0, 832)]
    [InlineData(1600, 750, null, 40, 5.0, 512)]
    [InlineData(300, 4000, null, 1000, 5.0, 300)]
    public void A_part_has_smaller_steps_and_more_passes_and_reads_no_more_than_the_whole(int batch, int steps, double? asked, int taken, double epochs, int tokens)
    {
        Example[] rows = [.. Enumerable.Range(0, 4000).Select(static i => new Example(new int[101], [.. Enumerable.Range(0, 101).Select(static t => t > 80)], "rows.jsonl", i, (ulong)i))];
        var train = new PartSteps(rows, batch, steps, rows[0].Positions, asked).Of(rows[..taken], new TrainRecipe());
        Assert.Equal((epochs, tokens, steps), (train.Epochs!.Value, train.BatchTokens!.Value, train.MaxSteps!.Value));
        var whole = new PartSteps(rows, batch, steps, rows[0].Positions, asked).Of(rows, new TrainRecipe());
        Assert.Equal((null, batch, steps), (whole.Epochs, whole.BatchTokens!.Value, whole.MaxSteps!.Value));
    }

    [Fact]
    public void A_study_that_was_stopped_goes_on_to_the_same_bytes()
    {
        using var tiny = new TinyModel();
        Run(tiny.Recipe("straight", Short), Two);
        using (var stop = new CancellationTokenSource())
        {
            var steps = 0;
            Assert.Throws<OperationCanceledException>(() => Run(tiny.Recipe("stopped", Short), Two, notice: n =>
            {
                // In the middle of the third run.
                if (n is NoticeTraining { Event: StepDone } && ++steps == 18)
                    stop.Cancel();
            }, cancel: stop.Token));
        }
        var (begun, done) = (new List<string>(), new List<int>());
        Run(tiny.Recipe("stopped", Short), Two, begun, n =>
        {
            if (n is NoticeTraining { Event: StepDone e })
                done.Add(e.Step);
        });
        Assert.Equal("rows-50-seed-2", begun[0]);
        Assert.Equal(6, begun.Count);
        Assert.Equal([6, 7, 8, 1], done.Take(4));
        foreach (var name in (string[])["enough.json", "enough.md", "enough.html", "runs.jsonl"])
            Assert.Equal(File.ReadAllText(Path.Combine(tiny.FileOf("straight"), name)), File.ReadAllText(Path.Combine(tiny.FileOf("stopped"), name)));
        // More seeds are more runs, and none of the old ones.
        begun.Clear();
        Assert.Equal(12, Run(tiny.Recipe("stopped", Short), Two with { Seeds = [2, 4, 7] }, begun).Points.Count);
        Assert.All(begun, static n => Assert.EndsWith("seed-7", n, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_study_that_was_killed_goes_on()
    {
        using var tiny = new TinyModel();
        string[] Arguments(string output) => ["data", "enough", "--seeds", "1", "--json", .. tiny.Settings(output).Concat(Short).Concat(["train.max_steps=120", "train.eval_every=10", "train.patience=0"]).GroupBy(static s => s.Split('=')[0]).SelectMany(static g => (string[])["--set", g.Last()])];
        using (var killed = CliProcess.Start([], Arguments("killed")))
        {
            var checkpoint = Path.Combine(tiny.FileOf("killed"), "rows-100-seed-1", "checkpoints", "step-0000020.safetensors");
            while (!File.Exists(checkpoint) && !killed.HasExited)
                await Task.Delay(2, TestContext.Current.CancellationToken);
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        Assert.Equal(3, File.ReadAllLines(Path.Combine(tiny.FileOf("killed"), "runs.jsonl")).Skip(1).Count());
        var (code, text, error) = await CliProcess.Read(Arguments("killed"));
        Assert.True(code == 0, error);
        using var json = JsonDocument.Parse(text);
        Assert.Equal(4, json.RootElement.GetProperty("runs").GetArrayLength());
        Assert.Contains("run 4 of 4: rows-100-seed-1", error, StringComparison.Ordinal);
        Assert.DoesNotContain("rows-50-seed-1", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data.train_fraction=0.5", "data.train_fraction")]
    [InlineData("data.valid_fraction=0", "data.valid_fraction")]
    [InlineData("train.keep_best=false", "train.keep_best")]
    public void A_recipe_that_has_no_curve_is_refused(string setting, string place)
    {
        using var tiny = new TinyModel();
        var problem = Assert.Throws<UserErrorException>(() => Run(tiny.Recipe("study", [.. Short, setting]), Two)).Problems.Single();
        Assert.Equal(place, problem.Place);
        Assert.NotEmpty(problem.Remedy);
    }

    [Fact]
    public void Wrong_parts_and_seeds_are_said_at_once()
    {
        using var tiny = new TinyModel();
        var recipe = tiny.Recipe("study", Short);
        Assert.Equal(["--parts", "--seeds"], Assert.Throws<UserErrorException>(() => Run(recipe, new EnoughOptions { Parts = [0.5, 1, 1.5], Seeds = [1, 1] })).Problems.Select(static p => p.Place));
        Assert.Equal("--parts", Assert.Throws<UserErrorException>(() => Run(recipe, new EnoughOptions { Parts = [0.5, 1] })).Problems.Single().Place);
        Assert.Equal("data.train_fraction", Assert.Throws<UserErrorException>(() => Run(recipe, new EnoughOptions { Parts = [0.0001, 0.5, 1] })).Problems.Single().Place);
    }

    [Fact]
    public void The_folder_of_another_study_is_not_gone_on_with()
    {
        using var tiny = new TinyModel();
        var one = new EnoughOptions { Parts = [0.25, 0.5, 1], Seeds = [1] };
        Run(tiny.Recipe("study", Short), one);
        var problem = Assert.Throws<UserErrorException>(() => Run(tiny.Recipe("study", [.. Short, "train.learning_rate=0.01"]), one)).Problems.Single();
        Assert.Contains("another recipe", problem.Message, StringComparison.Ordinal);
        File.AppendAllText(tiny.FileOf("study/runs.jsonl"), "{\"part\": 7}\n");
        Assert.Contains("damaged", Assert.Throws<UserErrorException>(() => Run(tiny.Recipe("study", Short), one)).Problems.Single().Message, StringComparison.Ordinal);
    }
}
