using Attune.Problems;
using Attune.Recipes;
using Attune.Runs;
using Attune.Training;

namespace Attune.Tests.Runs;

/// <summary><c>train --seeds</c>: runs that are kept, gone on with, and told apart from those of others.</summary>
public sealed class SeedStudyTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void A_study_that_was_stopped_goes_on_to_the_same_bytes()
    {
        var whole = Run("whole", [3, 1, 2]);
        using (var stop = new CancellationTokenSource())
        {
            var seed = 0L;
            Assert.Throws<OperationCanceledException>(() => Run("study", [3, 1, 2], s => seed = s, n =>
            {
                if (seed == 1 && n is NoticeTraining { Event: StepDone { Step: 5 } })
                    stop.Cancel();
            }, stop.Token));
        }
        Assert.False(File.Exists(tiny.FileOf("study/seeds.md")));
        var kept = File.GetLastWriteTimeUtc(tiny.FileOf("study/seed-3/manifest.json"));
        var steps = new List<int>();
        var study = Run("study", [3, 1, 2], null, n => steps.AddRange(n is NoticeTraining { Event: StepDone e } ? [e.Step] : Array.Empty<int>()));
        // The first is not run again, the second goes on behind its checkpoint.
        Assert.Equal(kept, File.GetLastWriteTimeUtc(tiny.FileOf("study/seed-3/manifest.json")));
        Assert.Equal([6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8], steps);
        Assert.Equal(File.ReadAllText(tiny.FileOf("whole/seeds.md")), File.ReadAllText(tiny.FileOf("study/seeds.md")));
        Assert.Equal(File.ReadAllText(tiny.FileOf("whole/seeds.json")).Replace(tiny.FileOf("whole"), tiny.FileOf("study"), StringComparison.Ordinal), File.ReadAllText(tiny.FileOf("study/seeds.json")));
        Assert.Equal(whole.Metrics, study.Metrics);
        Assert.Equal(whole.Runs.Select(static r => r.Holds), study.Runs.Select(static r => r.Holds));

        // More seeds are more runs, and none of the old ones; another recipe is another study.
        steps.Clear();
        Assert.Equal(4, Run("study", [3, 1, 2, 4], null, n => steps.AddRange(n is NoticeTraining { Event: StepDone e } ? [e.Step] : Array.Empty<int>())).Runs.Count);
        Assert.Equal(8, steps.Count);
        var other = Assert.Throws<UserErrorException>(() => SeedStudy.Execute(tiny.Recipe("study", "train.max_steps=8", "method.rank=2"), [1, 2], TinyModel.Backend(tiny.Recipe("study"), 1), TimeProvider.System, static _ => { }, static _ => { }, TestContext.Current.CancellationToken));
        Assert.Contains("another recipe", Assert.Single(other.Problems).Message, StringComparison.Ordinal);
    }

    private SeedStudy Run(string output, IReadOnlyList<long> seeds, Action<long>? begin = null, Action<RunNotice>? notice = null, CancellationToken? cancel = null)
    {
        Recipe recipe = tiny.Recipe(output, "train.max_steps=8");
        return SeedStudy.Execute(recipe, seeds, TinyModel.Backend(recipe, 1), TimeProvider.System, begin ?? (static _ => { }), notice ?? (static _ => { }), cancel ?? TestContext.Current.CancellationToken);
    }
}
