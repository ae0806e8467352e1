using Attune.Search;

namespace Attune.Tests.Search.Stores;

/// <summary>What every store of studies does alike; a class below it for each store.</summary>
public abstract class StudyStoreConformance : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1), Short = TimeSpan.FromMilliseconds(60);

    protected static readonly StudyIdentity About = new("study", "model: tiny\nspace: train.learning_rate\nmetric: loss");

    private IStudyStore? opened;

    private IStudyStore Store => opened ??= Open(About);

    /// <summary>Opens a study of this test's own place.</summary>
    protected abstract IStudyStore Open(StudyIdentity identity);

    /// <summary>Lets time pass on the store's clock.</summary>
    protected virtual void Pass(TimeSpan time) => Thread.Sleep(time);

    [Fact]
    public void New_trials_are_numbered_and_belong_to_who_claimed_them()
    {
        var first = Store.Claim("a", Long, static (n, before) => Values($"{n} of {before.Count}"))!;
        var second = Store.Claim("b", Long, static (n, before) => Values($"{n} of {before.Count}"))!;
        Assert.Equal((0, 1), (first.Number, second.Number));
        Assert.Equal(("0 of 0", "1 of 1"), (first["key"], second["key"]));
        Assert.Equal(("a", TrialState.Running, 1), (first.Owner, first.State, first.Attempts));
        Assert.NotNull(first.LeaseEnds);
        Assert.Null(first.Result);
        Assert.Empty(first.Reports);
        Assert.Equal(["a", "b"], Store.Trials().Select(static t => t.Owner!));
    }

    [Fact]
    public void No_proposal_leaves_nothing_behind()
    {
        Assert.Null(Store.Claim("a", Long, static (_, _) => null));
        Assert.Throws<InvalidOperationException>(() => Store.Claim("a", Long, static (_, _) => throw new InvalidOperationException("a sampler broke")));
        Assert.Empty(Store.Trials());
        Assert.Equal(0, Store.Claim("a", Long, static (_, _) => Values("x"))!.Number);
    }

    [Fact]
    public void Values_keep_their_order_and_every_letter()
    {
        ParameterValue[] values = [new("z.key", "0.1"), new("a.key", "it's \"ünï\" 漢字; DROP TABLE x --"), new("m.key", "")];
        Assert.Equal(values, Store.Claim("a", Long, (_, _) => values)!.Values);
        Assert.Equal(values, Store.Trials()[0].Values);
        Assert.Empty(Store.Claim("a", Long, static (_, _) => [])!.Values);
    }

    [Fact]
    public void A_proposal_sees_all_trials_before_it_with_what_they_reported()
    {
        Store.Claim("a", Long, static (_, _) => Values("x"));
        Store.Report(0, "a", new(10, 0.5));
        Store.End(0, "a", new(TrialState.Done, 0.25));
        IReadOnlyList<Trial> seen = [];
        Store.Claim("a", Long, (_, before) => Values((seen = before).Count.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var trial = Assert.Single(seen);
        Assert.Equal((TrialState.Done, 0.25), (trial.State, trial.Result));
        Assert.Equal([new TrialReport(10, 0.5)], trial.Reports);
        Assert.Equal(Values("x"), trial.Values);
    }

    [Fact]
    public void A_trial_whose_lease_ended_is_the_next_ones_and_lost_to_its_first_owner()
    {
        Store.Claim("dead", Short, static (_, _) => Values("x"));
        Store.Report(0, "dead", new(1, 3));
        Pass(Short * 3);
        var again = Store.Claim("b", Long, static (_, _) => Values("another"))!;
        Assert.Equal((0, "b", 2, "x"), (again.Number, again.Owner, again.Attempts, again["key"]));
        Assert.Equal([new TrialReport(1, 3)], again.Reports);
        Assert.False(Store.Beat(0, "dead", Long));
        Assert.False(Store.Report(0, "dead", new(2, 4)));
        Assert.False(Store.Release(0, "dead"));
        Assert.False(Store.End(0, "dead", new(TrialState.Done, 9)));
        var now = Store.Trials()[0];
        Assert.Equal((TrialState.Running, "b", 1), (now.State, now.Owner, now.Reports.Count));
        Assert.True(Store.End(0, "b", new(TrialState.Done, 1)));
    }

    [Fact]
    public void Signs_of_life_keep_a_trial()
    {
        var lease = Short * 8;
        Store.Claim("a", lease, static (_, _) => Values("x"));
        for (var i = 0; i < 4; i++)
        {
            Pass(lease / 3);
            Assert.True(Store.Beat(0, "a", lease));
        }
        Assert.Equal(1, Store.Claim("b", Long, static (_, _) => Values("y"))!.Number);
        Assert.False(Store.Beat(0, "b", Long));
        Assert.False(Store.Beat(7, "a", Long));
    }

    // A machine that slept, and nobody took what was its own.
    [Fact]
    public void An_ended_lease_that_nobody_took_is_still_its_owners()
    {
        Store.Claim("a", Short, static (_, _) => Values("x"));
        Pass(Short * 3);
        Assert.True(Store.Beat(0, "a", Long));
        Assert.Equal(1, Store.Claim("b", Long, static (_, _) => Values("y"))!.Number);
    }

    [Fact]
    public void What_is_given_back_is_taken_first()
    {
        for (var i = 0; i < 3; i++)
            Store.Claim("a", Long, static (n, _) => Values($"{n}"));
        Assert.True(Store.Release(2, "a"));
        Assert.True(Store.Release(1, "a"));
        Assert.False(Store.Release(1, "a"));
        var waiting = Store.Trials()[1];
        Assert.Equal((TrialState.Waiting, (DateTimeOffset?)null), (waiting.State, waiting.LeaseEnds));
        Assert.Equal(1, Store.Claim("b", Long, static (_, _) => null)!.Number);
        Assert.Equal(2, Store.Claim("b", Long, static (_, _) => null)!.Number);
        Assert.Null(Store.Claim("b", Long, static (_, _) => null));
    }

    [Fact]
    public void Reports_stand_by_step_and_a_step_is_said_once()
    {
        Store.Claim("a", Long, static (_, _) => Values("x"));
        foreach (var report in new TrialReport[] { new(20, 2), new(10, 1.0 / 3), new(20, 0.1 + 0.2), new(30, double.PositiveInfinity), new(40, double.NaN), new(50, 1e-300) })
            Assert.True(Store.Report(0, "a", report));
        Assert.False(Store.Report(0, "b", new(60, 1)));
        Assert.False(Store.Report(5, "a", new(60, 1)));
        Assert.Equal([new(10, 1.0 / 3), new(20, 0.1 + 0.2), new(30, double.PositiveInfinity), new(40, double.NaN), new(50, 1e-300)], Store.Trials()[0].Reports);
    }

    [Fact]
    public void A_trial_ends_once()
    {
        for (var i = 0; i < 3; i++)
            Store.Claim("a", Long, static (_, _) => Values("x"));
        Assert.False(Store.End(0, "b", new(TrialState.Done, 7)));
        Assert.True(Store.End(0, "a", new(TrialState.Done, 0.1 + 0.2)));
        Assert.True(Store.End(1, "a", new(TrialState.Failed, Error: "exit code 137: 'killed'\nby the kernel")));
        Assert.True(Store.End(2, "a", new(TrialState.Pruned)));
        Assert.False(Store.End(0, "a", new(TrialState.Failed)));
        Assert.False(Store.Beat(1, "a", Long));
        Assert.False(Store.Report(2, "a", new(1, 1)));
        Assert.Null(Store.Claim("b", Long, static (_, _) => null));
        var trials = Store.Trials();
        Assert.Equal([(TrialState.Done, 0.1 + 0.2), (TrialState.Failed, null), (TrialState.Pruned, (double?)null)], trials.Select(static t => (t.State, t.Result)));
        Assert.Equal("exit code 137: 'killed'\nby the kernel", trials[1].Error);
    }

    [Fact]
    public void Threads_that_claim_at_once_get_different_trials()
    {
        var store = Store;
        var numbers = new System.Collections.Concurrent.ConcurrentBag<int>();
        Parallel.For(0, 4, worker =>
        {
            while (store.Claim($"{worker}", Long, static (n, _) => n < 24 ? Values($"{n}") : null) is { } trial)
                numbers.Add(trial.Number);
        });
        Assert.Equal(Enumerable.Range(0, 24), numbers.Order());
    }

    protected static IReadOnlyList<ParameterValue> Values(string value) => [new("key", value)];

    public virtual void Dispose()
    {
        opened?.Dispose();
        GC.SuppressFinalize(this);
    }
}
