using Attune.Problems;
using Attune.Search;
using Attune.Search.Stores;

namespace Attune.Tests.Search.Stores;

/// <summary>What stores that last do alike beyond that: they are found again, hold several studies, and are worked on by processes that may die.</summary>
public abstract class SqlStudyConformance : StudyStoreConformance
{
    /// <summary>Where, as the recipe's key says it.</summary>
    protected abstract string Place { get; }

    protected override IStudyStore Open(StudyIdentity identity) => StudyStores.Open(Place, identity);

    [Fact]
    public void A_study_is_found_again()
    {
        using (var first = Open(About))
        {
            first.Claim("a", TimeSpan.FromHours(1), static (_, _) => Values("x"));
            first.Report(0, "a", new(5, 0.5));
            first.End(0, "a", new(TrialState.Done, 1.5));
        }
        using var second = Open(About);
        var trial = Assert.Single(second.Trials());
        Assert.Equal((TrialState.Done, 1.5, 1), (trial.State, trial.Result, trial.Reports.Count));
    }

    [Fact]
    public void Studies_side_by_side_do_not_see_each_other()
    {
        using var one = Open(About);
        using var other = Open(About with { Name = "other", Text = "something else" });
        Assert.Equal(0, one.Claim("a", TimeSpan.FromHours(1), static (_, _) => Values("x"))!.Number);
        Assert.Empty(other.Trials());
        Assert.Equal(0, other.Claim("a", TimeSpan.FromHours(1), static (_, _) => Values("y"))!.Number);
        Assert.Equal("x", one.Trials()[0]["key"]);
    }

    [Fact]
    public void A_study_of_something_else_is_refused_and_the_line_is_named()
    {
        Open(About).Dispose();
        var error = Assert.Throws<UserErrorException>(() => Open(About with { Text = "model: tiny\nspace: train.learning_rate\nmetric: accuracy" }));
        Assert.Contains("metric: loss", error.Message, StringComparison.Ordinal);
        Assert.Contains("metric: accuracy", error.Message, StringComparison.Ordinal);
    }

    // A claim that read before it wrote without the study in hand would see two studies' ends, or the same number twice.
    [Fact]
    public void Two_connections_that_claim_at_once_get_different_trials()
    {
        var numbers = new System.Collections.Concurrent.ConcurrentBag<int>();
        Open(About).Dispose();
        Parallel.For(0, 4, worker =>
        {
            using var store = Open(About);
            while (store.Claim($"{worker}", TimeSpan.FromHours(1), static (n, _) => n < 40 ? Values($"{n}") : null) is { } trial)
                numbers.Add(trial.Number);
        });
        Assert.Equal(Enumerable.Range(0, 40), numbers.Order());
    }

    /// <summary>
    /// Five processes on one study; two of them are killed with a trial in their hands while the others work. Every trial ends once, and none
    /// was begun a second time but theirs.
    /// </summary>
    [Fact]
    public async Task Processes_that_die_cost_no_trial_and_none_runs_twice()
    {
        const int trials = 48;
        Open(About).Dispose();
        var group = new StudyWorkers(Place, About, trials);
        await using (group)
        {
            int[] dying = [group.Start(hangAt: 3), group.Start(hangAt: 5)];
            foreach (var worker in dying)
                await group.Until(worker, "hang");
            int[] living = [group.Start(), group.Start(), group.Start()];
            await group.Until(living[0], "begin");
            foreach (var worker in dying)
                await group.Kill(worker);
            foreach (var worker in living)
                Assert.Equal(0, await group.Ended(worker));
        }
        using var study = Open(About);
        var ended = study.Trials();
        Assert.Equal(trials, ended.Count);
        Assert.All(ended, static t => Assert.Equal((TrialState.Done, (double?)t.Number), (t.State, t.Result)));
        var begun = group.Lines("begin").ToLookup(static l => l.Number);
        Assert.All(ended, t => Assert.Equal(t.Attempts, begun[t.Number].Count()));
        // One of the two may have taken up what the other held, and hung with it as well.
        var held = group.Lines("hang").ToLookup(static l => l.Number);
        Assert.Equal(2, group.Lines("hang").Count());
        Assert.All(ended, t => Assert.Equal(1 + held[t.Number].Count(), t.Attempts));
        Assert.Equal(Enumerable.Range(0, trials), group.Lines("end").Select(static l => l.Number).Order());
        Assert.Empty(group.Lines("lost"));
    }
}
