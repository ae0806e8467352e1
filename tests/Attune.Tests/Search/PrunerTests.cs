using Attune.Search;

namespace Attune.Tests.Search;

/// <summary>Cases that can be followed by hand.</summary>
public class PrunerTests
{
    /// <summary>η = 3, g = 1: rungs are reports 1, 3, 9. Of nine at the first rung the best three go on; while there are fewer than three, all do.</summary>
    [Fact]
    public void Asha_lets_the_best_third_go_on()
    {
        var asha = Pruners.Find("asha")!;
        double[] first = [5, 4, 6, 3, 7, 2, 8, 9, 1];
        // After n values the best ⌊n / 3⌋ go on: 5 and 4 (too few yet); 6 of {4 5 6} no; 3 of four: best 1, yes; 7 no; 2 of six: best 2, yes; 8 no; 9 no; 1 of nine yes.
        bool[] goesOn = [true, true, false, true, false, true, false, false, true];
        var trials = new List<Trial>();
        for (var i = 0; i < first.Length; i++)
        {
            trials.Add(With(i, first[i]));
            Assert.Equal(goesOn[i], asha.Judge(new(trials[i], trials, 1, 3)) is null);
        }
        Assert.Contains("best 3 of 9", asha.Judge(new(With(7, 9), trials, 1, 3))!, StringComparison.Ordinal);
    }

    /// <summary>The second report is no rung; at the third only those count that came there; a value is the best so far.</summary>
    [Fact]
    public void Asha_judges_at_rungs_only_by_the_best_so_far()
    {
        var asha = Pruners.Find("asha")!;
        Trial[] trials = [With(0, 5, 4, 3), With(1, 4, 4, 2), With(2, 1), With(3, 2.5, 9, 9)];
        Assert.Null(asha.Judge(new(With(3, 2.5, 9), trials, 1, 3)));
        // At the third report {3, 2, 2.5}: the best one is 2.
        Assert.NotNull(asha.Judge(new(trials[3], trials, 1, 3)));
        Assert.Null(asha.Judge(new(trials[1], trials, 1, 3)));
        // η = 2, g = 2: rungs 2, 4, 8.
        Assert.Null(asha.Judge(new(With(4, 9), [.. trials, With(4, 9)], 2, 2)));
        Assert.NotNull(asha.Judge(new(With(4, 9, 9), [.. trials, With(4, 9, 9)], 2, 2)));
        Assert.Null(asha.Judge(new(With(4, 9, 9, 9), [.. trials, With(4, 9, 9, 9)], 2, 2)));
    }

    /// <summary>Five done trials with the means 1, 2, 3, 4, 5 up to the second report: the median is 3, and the best of the trial counts.</summary>
    [Fact]
    public void Median_ends_what_is_worse_than_the_means_of_the_others()
    {
        var median = Pruners.Find("median")!;
        Trial[] done = [.. Enumerable.Range(1, 5).Select(i => With(i, i + 1, i - 1) with { State = TrialState.Done })];
        Assert.NotNull(median.Judge(new(With(6, 9, 3.1), done, 1, 3)));
        Assert.Null(median.Judge(new(With(6, 9, 3), done, 1, 3)));
        Assert.Null(median.Judge(new(With(6, 2.9, 9), done, 1, 3)));
        Assert.Null(median.Judge(new(With(6, 9, 9), done, 2, 3)));
        Assert.Null(median.Judge(new(With(6, 9, 9), done[..4], 1, 3)));
    }

    [Fact]
    public void None_ends_nothing() => Assert.Null(Pruners.Find("none"));

    private static Trial With(int number, params double[] losses) =>
        new() { Number = number, Values = [], State = TrialState.Running, Reports = [.. losses.Select(static (l, i) => new TrialReport(5 * (i + 1), l))] };
}
