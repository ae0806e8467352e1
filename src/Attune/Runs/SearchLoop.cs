using System.Runtime.ExceptionServices;
using Attune.Engine.Backends;
using Attune.Hardware;
using Attune.Recipes;
using Attune.Search;

namespace Attune.Runs;

/// <summary>The workers of a search: each takes a trial, runs it, hands in what it came to, and takes the next.</summary>
internal sealed class SearchLoop(
    SearchPlan plan, Recipe recipe, Recipe shared, string folder, IStudyStore store, SearchOptions options, Action<RunNotice> notice) : IDisposable
{
    // A trial that takes its machine down each time is not begun for ever; stops by the user count too, and are seldom so many.
    private const int MostAttempts = 10;

    // Where these fail and none is done, the recipe is wrong rather than its values.
    private const int FailedAtFirst = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly ITrialRunner runner = options.Runner ?? TrialProcess.OfThisProgram();
    private readonly Lock gate = new();
    private readonly CancellationTokenSource ending = new();
    private Exception? broken;

    /// <summary>Works until trials or time are used up, or until it is cancelled.</summary>
    public void Run(CancellationToken cancel)
    {
        using var given = cancel.Register(ending.Cancel);
        using var timer = recipe.Search.Time is { } time ? options.Clock.CreateTimer(_ => ending.Cancel(), null, time, Timeout.InfiniteTimeSpan) : null;
        var workers = Enumerable.Range(0, recipe.Search.Parallel).Select(i =>
        {
            var worker = new Thread(() => Work(SearchOwner.New(i))) { IsBackground = true, Name = $"search {i}" };
            worker.Start();
            return worker;
        }).ToList();
        workers.ForEach(static w => w.Join());
        if (broken is not null)
            ExceptionDispatchInfo.Throw(broken);
    }

    /// <inheritdoc />
    public void Dispose() => ending.Dispose();

    private void Work(string owner) => Guard(() =>
    {
        while (!ending.IsCancellationRequested)
        {
            ReleaseDead();
            if (store.Claim(owner, options.Lease, plan.Propose) is { } trial)
                Take(trial, owner);
            // The study is at its end when every trial is: what others still run may be left to us, should they die.
            else if (store.Trials().Any(static t => !t.IsOver))
                ending.Token.WaitHandle.WaitOne(Pause);
            else
                break;
        }
    });

    private void ReleaseDead()
    {
        foreach (var trial in store.Trials().Where(static t => t.State == TrialState.Running && t.Owner is { } owner && SearchOwner.IsDead(owner)))
            store.Release(trial.Number, trial.Owner!);
    }

    // What breaks one worker (the store is gone, the disk is full) breaks the search; the other trials stop with a checkpoint.
    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            lock (gate)
                broken ??= e;
            ending.Cancel();
        }
    }

    private void Take(Trial trial, string owner)
    {
        if (trial.Attempts > MostAttempts)
        {
            End(trial, owner, new TrialEnd(TrialState.Failed, Error: $"was begun {MostAttempts} times and did not come to its end"), null);
            return;
        }
        Say(new NoticeTrialBegan(trial));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        string? pruned = null;
        var lost = false;
        void Lose()
        {
            lost = true;
            stop.Cancel();
        }

        var beat = options.Clock.CreateTimer(_ => Guard(() =>
        {
            if (!store.Beat(trial.Number, owner, options.Lease))
                Lose();
        }), null, options.Lease / 4, options.Lease / 4);
        TrialOutcome outcome;
        try
        {
            outcome = runner.Run(Work(trial), report =>
            {
                if (!store.Report(trial.Number, owner, report))
                {
                    Lose();
                    return;
                }
                Say(new NoticeTrialReport(trial, report));
                var trials = store.Trials();
                if (pruned is null && plan.Judge(trials[trial.Number], trials) is { } why)
                {
                    pruned = why;
                    stop.Cancel();
                }
            }, stop.Token);
        }
        finally
        {
            // A sign of life that is under way would find the trial ended, and take it for lost.
            beat.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        if (lost)
            return;
        if (outcome.Result is { } result)
            End(trial, owner, new TrialEnd(TrialState.Done, result), null);
        else if (outcome.Error is { } error)
            End(trial, owner, new TrialEnd(TrialState.Failed, Error: error), null);
        else if (pruned is not null)
            End(trial, owner, new TrialEnd(TrialState.Pruned), pruned);
        else if (store.Release(trial.Number, owner))
            Say(new NoticeTrialEnded(trial with { State = TrialState.Waiting }, null, false));
        // A trial that stops although nobody asked was interrupted from outside: so is the search.
        if (outcome == TrialOutcome.Stopped && pruned is null)
            ending.Cancel();
    }

    private TrialWork Work(Trial trial)
    {
        var own = TrialRecipe.With(shared, trial);
        var (threads, memory) = SearchRun.ShareOf(recipe, recipe.Search.Parallel > 1 ? CpuBackend.Shared(null).Threads : 0, Machine.Inspect().FreeMemory);
        return new TrialWork(
            TrialFolders.Of(folder, trial.Number),
            own with { Train = own.Train with { Threads = threads }, Limits = own.Limits with { Memory = memory } }, recipe.Search.Metric);
    }

    private void End(Trial trial, string owner, TrialEnd end, string? why)
    {
        if (!store.End(trial.Number, owner, end))
            return;
        var trials = store.Trials();
        lock (gate)
            TrialFolders.Clear(folder, trials, plan.Best(trials), recipe.Search.Keep);
        Say(new NoticeTrialEnded(trials[trial.Number], why, plan.Best(trials)?.Number == trial.Number));
        if (trials.Count(static t => t.State == TrialState.Failed) >= FailedAtFirst && !trials.Any(static t => t.State is TrialState.Done or TrialState.Pruned))
            ending.Cancel();
    }

    private void Say(RunNotice said)
    {
        lock (gate)
            notice(said);
    }
}
