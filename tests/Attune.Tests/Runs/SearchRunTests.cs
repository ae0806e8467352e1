using System.Globalization;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Attune.Search;

namespace Attune.Tests.Runs;

/// <summary>The loop of a search, over trials whose outcome is a formula of their values.</summary>
public sealed class SearchRunTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void The_best_recipe_is_written_and_runs()
    {
        var report = Execute(Recipe(), new Made());
        Assert.Equal(12, report.Trials.Count);
        Assert.All(report.Trials, static t => Assert.True(t.IsOver));
        var best = RecipeReader.ReadFile(report.BestRecipe);
        Assert.Equal(report.Best!["train.learning_rate"], best.Train.LearningRate!.Value.ToString("R", CultureInfo.InvariantCulture));
        Assert.Empty(best.Search.Space);
        Assert.Equal(tiny.FileOf("test.jsonl"), best.Data.Test[0].Path);
        Assert.Contains("# searched: {from: 0.0001, to: 0.1, scale: log}", File.ReadAllText(report.BestRecipe), StringComparison.Ordinal);
        Assert.Contains("Settings of", File.ReadAllText(report.Page), StringComparison.Ordinal);
    }

    /// <summary>By every sampler the first trial has what <c>train</c> would choose, and what is best is held against it.</summary>
    [Theory]
    [InlineData("tpe")]
    [InlineData("random")]
    [InlineData("quasi-random")]
    public void The_first_trial_is_the_recipe_itself(string sampler)
    {
        var report = Execute(Recipe("search.sampler=" + sampler), new Made());
        var own = OwnRate();
        Assert.Equal(own, double.Parse(report.Trials[0]["train.learning_rate"]!, CultureInfo.InvariantCulture));
        Assert.Equal(report.Trials[0], report.Start);
        Assert.Equal(report.Start!.Result - report.Best!.Result, report.Gain);
        Assert.True(report.Gain > 0);
        Assert.Contains($"{report.Gain:F4} better than the recipe itself (trial 0: {report.Start.Result:F4})", report.Sentence, StringComparison.Ordinal);
        Assert.Contains("the recipe itself", File.ReadAllText(report.Page), StringComparison.Ordinal);
        Assert.Contains("\"recipe_itself\"", File.ReadAllText(Path.Combine(report.Folder, "study.json")), StringComparison.Ordinal);
        Assert.Equal(1, report.Rows(1).Count(static r => r[^1].Contains("the recipe itself", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_given_rate_is_the_first_trials()
    {
        var report = Execute(Recipe("train.learning_rate=0.0123", "search.trials=1"), new Made());
        Assert.Equal("0.0123", report.Trials[0]["train.learning_rate"]);
        Assert.EndsWith("It is the recipe itself: no other values beat it.", report.Sentence, StringComparison.Ordinal);
    }

    /// <summary>Whatever else is tried is worse by far: the search ends with the recipe, and says so.</summary>
    [Fact]
    public void A_search_never_ends_worse_than_the_recipe()
    {
        var own = OwnRate();
        var report = Execute(Recipe(), new Made { Lowest = rate => rate == own ? 0 : 5 });
        Assert.Equal(0, report.Best!.Number);
        Assert.Equal(own, RecipeReader.ReadFile(report.BestRecipe).Train.LearningRate);
        Assert.EndsWith("It is the recipe itself: no other values beat it.", report.Sentence, StringComparison.Ordinal);
    }

    /// <summary>Full tuning is not in the space: its first word is taken, and what train chooses beside that.</summary>
    [Fact]
    public void What_the_space_does_not_have_becomes_the_nearest()
    {
        StudyStart? start = null;
        var report = Execute(
            Recipe(
                "method.kind=full", "method.rank=auto", "train.epochs=5", "train.max_steps=auto", "search.trials=2",
                "search.space={train.learning_rate: {from: 1e-6, to: 9, scale: log}, method.kind: {choices: [ia3, lora]}, train.epochs: {from: 20, to: 30, step: 5}}"),
            new Made(), n => start = n is NoticeStudy s ? s.Plan.Start : start);
        Assert.Equal([new("method.kind", "full"), new("train.epochs", "5")], start!.Moved);
        Assert.Equal(["train.learning_rate", "method.kind", "train.epochs"], start.Values.Select(static v => v.Name));
        Assert.Equal(("ia3", "20"), (report.Trials[0]["method.kind"], report.Trials[0]["train.epochs"]));
        Assert.Equal(OwnRate("method.kind=ia3", "method.rank=auto"), double.Parse(report.Trials[0]["train.learning_rate"]!, CultureInfo.InvariantCulture));
        Assert.Contains("the nearest to the recipe", report.Sentence, StringComparison.Ordinal);
    }

    /// <summary>No trial knows where the test rows are, nor looks at anything but the validation rows.</summary>
    [Fact]
    public void Trials_never_see_the_test_rows()
    {
        var made = new Made();
        Execute(Recipe("eval.suites=truth"), made);
        Assert.All(made.Seen, w =>
        {
            Assert.Empty(w.Recipe.Data.Test);
            Assert.Empty(w.Recipe.Eval.Suites);
            Assert.Equal(EvalRecipe.None, w.Recipe.Eval.General);
            Assert.DoesNotContain("test.jsonl", RecipeWriter.Write(w.Recipe), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_same_study_is_the_same_bytes()
    {
        var (one, two) = (Execute(Recipe("output=" + tiny.FileOf("one")), new Made()), Execute(Recipe("output=" + tiny.FileOf("two")), new Made()));
        string Text(StudyReport r) => File.ReadAllText(Path.Combine(r.Folder, "study.json")).Replace(r.Folder, "", StringComparison.Ordinal);
        Assert.Equal(Text(one), Text(two));
    }

    /// <summary>Stopped in the middle of the fourth trial; the next call goes on with that one, and ends as if nothing had been.</summary>
    [Fact]
    public void A_stopped_search_goes_on()
    {
        using var stop = new CancellationTokenSource();
        var made = new Made { OnBegin = n => { if (n == 3) stop.Cancel(); } };
        Assert.Throws<OperationCanceledException>(() => SearchRun.Execute(Recipe(), new SearchOptions { Runner = made }, static _ => { }, stop.Token));
        var begun = new List<int>();
        var again = Execute(Recipe(), new Made(), n =>
        {
            if (n is NoticeTrialBegan b)
                begun.Add(b.Trial.Number);
        });
        Assert.Equal(Enumerable.Range(3, 9), begun);
        Assert.Equal(2, again.Trials[3].Attempts);
        var straight = Execute(Recipe("output=" + tiny.FileOf("straight")), new Made());
        Assert.Equal(straight.Trials.Select(static t => (t.Number, t.State, t.Result, string.Join(',', t.Values))), again.Trials.Select(static t => (t.Number, t.State, t.Result, string.Join(',', t.Values))));
    }

    [Fact]
    public void A_trial_that_fails_costs_one_trial()
    {
        var report = Execute(Recipe(), new Made { Fails = static n => n == 1 });
        Assert.Equal("made to fail", report.Trials[1].Error);
        Assert.Equal(11, report.Trials.Count(static t => t.State is TrialState.Done or TrialState.Pruned));
        Assert.Contains("made to fail", File.ReadAllText(report.Page), StringComparison.Ordinal);
    }

    /// <summary>Where the recipe itself is wrong, twelve trials need not say so.</summary>
    [Fact]
    public void A_search_in_which_everything_fails_ends_early()
    {
        var made = new Made { Fails = static _ => true };
        Assert.Contains("made to fail", Assert.Throws<RunFailedException>(() => Execute(Recipe(), made)).Message, StringComparison.Ordinal);
        Assert.Equal(5, made.Seen.Count);
    }

    /// <summary>The time is over in the middle of the third trial: it waits, and the two before it are the result.</summary>
    [Fact]
    public void The_time_ends_the_search_and_leaves_what_is_done()
    {
        var clock = new ManualClock();
        var made = new Made { OnBegin = n => { if (n == 2) clock.Fire(TimeSpan.FromMinutes(3)); } };
        var report = SearchRun.Execute(Recipe("search.time=3m", "search.trials=auto"), new SearchOptions { Runner = made, Clock = clock }, static _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal([TrialState.Done, TrialState.Done, TrialState.Waiting], report.Trials.Select(static t => t.State));
    }

    [Fact]
    public void Bad_trials_are_ended_early_and_lose_their_weights()
    {
        var made = new Made();
        var report = Execute(Recipe(), made);
        Assert.Contains(report.Trials, static t => t.State == TrialState.Pruned && t.Reports.Count == 1);
        Assert.All(report.Trials, t => Assert.Equal(t == report.Best, Directory.Exists(Path.Combine(report.Folder, "trials", t.Number.ToString("0000", CultureInfo.InvariantCulture), "adapter"))));
    }

    /// <summary>Two searches on one study and two workers each: every trial is run once.</summary>
    [Fact]
    public async Task Two_searches_share_a_study()
    {
        var stop = TestContext.Current.CancellationToken;
        using var bothBegan = new CountdownEvent(2);
        Made Waiting()
        {
            var first = 1;
            return new Made
            {
                OnBegin = _ =>
                {
                    if (Interlocked.Exchange(ref first, 0) == 1)
                        bothBegan.Signal();
                    bothBegan.Wait(stop);
                },
            };
        }

        var (one, two) = (Waiting(), Waiting());
        await Task.WhenAll(Task.Run(() => Execute(Recipe("search.parallel=2"), one), stop), Task.Run(() => Execute(Recipe("search.parallel=2"), two), stop));
        Assert.Equal(Enumerable.Range(0, 12), one.Seen.Concat(two.Seen).Select(static w => int.Parse(Path.GetFileName(w.Folder), CultureInfo.InvariantCulture)).Order());
        Assert.NotEmpty(one.Seen);
        Assert.NotEmpty(two.Seen);
        var own = OwnRate();
        Assert.Single(one.Seen.Concat(two.Seen), w => w.Recipe.Train.LearningRate == own);
    }

    [Fact]
    public void Another_recipe_does_not_go_on_with_the_study()
    {
        Execute(Recipe(), new Made());
        Assert.Contains("another recipe, space or metric", Assert.Throws<UserErrorException>(() => Execute(Recipe("method.rank=3"), new Made())).Message, StringComparison.Ordinal);
        Assert.Equal(14, Execute(Recipe("search.trials=14", "search.sampler=random", "train.threads=2"), new Made()).Trials.Count);
    }

    /// <summary>A recipe with a space is trained as it stands, and nobody is left to think otherwise.</summary>
    [Fact]
    public void Train_says_that_it_searches_nothing()
    {
        var said = new List<string>();
        var result = TinyModel.Run(tiny.Recipe("plain", "search.space={method.rank: {choices: [2, 3]}}", "train.max_steps=1"), notice: n => said.AddRange(n is NoticeText t ? [t.Text] : []));
        Assert.Contains(said, static t => t.Contains("search.space is for attune search", StringComparison.Ordinal));
        Assert.Empty(RecipeReader.ReadFile(Path.Combine(result.Directory, "recipe.yaml")).Search.Space);
    }

    [Fact]
    public void Without_a_space_there_is_nothing_to_search() =>
        Assert.Contains("search.space", Assert.Throws<UserErrorException>(() => Execute(tiny.Recipe("none"), new Made())).Message, StringComparison.Ordinal);

    /// <summary>A sign of life that is under way when its trial ends is no sign that the trial was lost.</summary>
    [Fact]
    public void A_beat_that_meets_the_end_of_a_trial_harms_nobody()
    {
        using var clock = new BeatingClock();
        var made = new Made { OnBegin = _ => clock.Beat() };
        var report = SearchRun.Execute(Recipe(), new SearchOptions { Runner = made, Clock = clock }, static _ => { }, TestContext.Current.CancellationToken);
        Assert.All(report.Trials, static t => Assert.True(t.IsOver));
        Assert.Equal(12, report.Trials.Count);
    }

    // What train would choose.
    private double OwnRate(params string[] more)
    {
        using var setup = RunSetup.Prepare(Recipe(more), TinyModel.Backend(Recipe(), threads: 1), static _ => { }, TestContext.Current.CancellationToken);
        return setup.Recipe.Train.LearningRate!.Value;
    }

    private static StudyReport Execute(Recipe recipe, Made made, Action<RunNotice>? notice = null) =>
        SearchRun.Execute(recipe, new SearchOptions { Runner = made }, notice ?? (static _ => { }), TestContext.Current.CancellationToken);

    private Recipe Recipe(params string[] more)
    {
        File.Copy(tiny.Data, tiny.FileOf("test.jsonl"), overwrite: true);
        return tiny.Recipe("study", ["data.test=" + tiny.FileOf("test.jsonl"), "search.trials=12", "search.space={train.learning_rate: {from: 1e-4, to: 1e-1, scale: log}}", "train.learning_rate=auto", .. more]);
    }

    /// <summary>A loss that falls over five validations towards (log₁₀ rate + 2)².</summary>
    private sealed class Made : ITrialRunner
    {
        private readonly Lock gate = new();

        public List<TrialWork> Seen { get; } = [];

        public Func<int, bool> Fails { get; init; } = static _ => false;

        public Action<int> OnBegin { get; init; } = static _ => { };

        public int Pause { get; init; }

        public Func<double, double> Lowest { get; init; } = static rate => Math.Pow(Math.Log10(rate) + 2, 2);

        public TrialOutcome Run(TrialWork work, Action<TrialReport> report, CancellationToken stop)
        {
            var number = int.Parse(Path.GetFileName(work.Folder), CultureInfo.InvariantCulture);
            lock (gate)
                Seen.Add(work);
            Directory.CreateDirectory(Path.Combine(work.Folder, "adapter"));
            OnBegin(number);
            if (Fails(number))
                return new TrialOutcome(null, "made to fail");
            var lowest = Lowest(work.Recipe.Train.LearningRate!.Value);
            for (var i = 1; i <= 5; i++)
            {
                stop.WaitHandle.WaitOne(Pause);
                if (stop.IsCancellationRequested)
                    return TrialOutcome.Stopped;
                report(new TrialReport(10 * i, lowest + 1.0 / i));
            }
            return new TrialOutcome(lowest + 0.2, null);
        }
    }

    /// <summary>A clock whose timers, once told to, call at a moment when whoever made them goes on: they are late by what a slow server takes.</summary>
    private sealed class BeatingClock : TimeProvider, IDisposable
    {
        private Timer? last;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => last = new Timer(callback);

        public void Beat() => last!.Fire();

        public void Dispose() => last?.Dispose();

        private sealed class Timer(TimerCallback callback) : ITimer
        {
            private Task underWay = Task.CompletedTask;

            public void Fire() => underWay = Task.Run(async () =>
            {
                await Task.Delay(60);
                callback(null);
            });

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => new(underWay);
        }
    }

    /// <summary>Time that passes when a test says so.</summary>
    private sealed class ManualClock : TimeProvider
    {
        private readonly List<(TimeSpan Due, Action Act)> timers = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            timers.Add((dueTime, () => callback(state)));
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Fire(TimeSpan due) => timers.Single(t => t.Due == due).Act();
    }
}
