using Attune.Engine;
using Attune.Search;
using Attune.Search.Importance;

namespace Attune.Tests.Search.Importance;

/// <summary>Shares of functions whose variance can be taken apart by hand.</summary>
public class ParameterImportanceTests
{
    private static readonly RandomKey Draws = RandomKey.OfSeed(7);

    // f = 3a + 2b + c on [0, 1]³: the variances are 9/12, 4/12, 1/12.
    [Fact]
    public void A_sum_is_shared_by_the_squares_of_its_slopes()
    {
        var all = Of([Number("a"), Number("b"), Number("c")], 300, static p => 3 * p[0] + 2 * p[1] + p[2]);
        Assert.Equal(["a", "b", "c"], all.Parameters.Select(static p => p.Name));
        Assert.InRange(Share(all, "a"), 9 / 14.0 - 0.08, 9 / 14.0 + 0.08);
        Assert.InRange(Share(all, "b"), 4 / 14.0 - 0.08, 4 / 14.0 + 0.08);
        Assert.InRange(Share(all, "c"), 0.0, 1 / 14.0 + 0.05);
        Assert.InRange(all.Parameters.Sum(static p => p.Share) + all.Interactions.Sum(static p => p.Share), 0.9, 1 + 1e-9);
    }

    // f = (2a − 1)(2b − 1): neither says anything alone.
    [Fact]
    public void A_product_around_zero_belongs_to_the_pair()
    {
        var all = Of([Number("a"), Number("b"), Number("idle")], 400, static p => (2 * p[0] - 1) * (2 * p[1] - 1));
        Assert.Equal(("a", "b"), (all.Interactions[0].First, all.Interactions[0].Second));
        Assert.InRange(all.Interactions[0].Share, 0.55, 1);
        Assert.All(all.Parameters, static p => Assert.InRange(p.Share, 0, 0.15));
    }

    // f = value of the category: 0, 0, 3 with equal chance (variance 2), and a number that adds a variance of 1.
    [Fact]
    public void Categories_have_no_order()
    {
        var all = Of([new Axis("kind", 3), Number("a")], 300, static p => (p[0] == 1 ? 3 : 0) + Math.Sqrt(12) * p[1]);
        Assert.InRange(Share(all, "kind"), 2 / 3.0 - 0.08, 2 / 3.0 + 0.08);
        Assert.InRange(Share(all, "a"), 1 / 3.0 - 0.08, 1 / 3.0 + 0.08);
    }

    // f = 4b where the kind is 0, else 0: variance 5/3, of which the kind has 1, b 1/3, both together 1/3.
    [Fact]
    public void A_parameter_that_is_not_in_force_changes_nothing()
    {
        var all = Of([new Axis("kind", 2), Number("b")], 400, static p => p[0] == 0 ? 4 * p[1] : 0, static p => p[0] == 0 ? p : [p[0], double.NaN]);
        Assert.InRange(Share(all, "kind"), 0.6 - 0.08, 0.6 + 0.08);
        Assert.InRange(Share(all, "b"), 0.2 - 0.08, 0.2 + 0.08);
        Assert.InRange(all.Interactions[0].Share, 0.2 - 0.08, 0.2 + 0.08);
    }

    [Fact]
    public void One_diverged_trial_does_not_hide_the_others()
    {
        var all = Of([Number("a"), Number("b")], 60, static p => p[1] > 0.97 ? 1e9 : p[0]);
        Assert.Equal("a", all.Parameters[0].Name);
        Assert.InRange(Share(all, "a"), 0.6, 1);
    }

    [Fact]
    public void Noise_alone_is_no_parameters()
    {
        var all = Of([Number("a"), Number("b"), Number("c")], 200, static p => Draws.For("noise").Normal((long)(p[0] * 1e9)));
        Assert.All(all.Parameters, static p => Assert.InRange(p.Share, 0, 0.35));
    }

    [Fact]
    public void The_same_trials_give_the_same_bits()
    {
        Axis[] axes = [Number("a"), new Axis("kind", 3)];
        var (x, y) = (Of(axes, 40, static p => p[0] * p[1]), Of(axes, 40, static p => p[0] * p[1]));
        Assert.Equal(x.Parameters, y.Parameters);
        Assert.Equal(x.Interactions, y.Interactions);
    }

    [Fact]
    public void Nothing_is_said_of_too_few_trials_or_of_equal_ones()
    {
        Assert.Null(ParameterImportance.Of([Number("a")], Points([Number("a")], 7), [1, 2, 3, 4, 5, 6, 7]));
        Assert.Null(ParameterImportance.Of([Number("a")], Points([Number("a")], 9), [2, 2, 2, 2, 2, 2, 2, 2, 2]));
    }

    [Fact]
    public void More_categories_than_bits_are_taken_in_their_order()
    {
        var all = Of([new Axis("many", 100), Number("a")], 200, static p => p[0]);
        Assert.InRange(Share(all, "many"), 0.9, 1);
    }

    // The result is the rate's place in its range, kind and rank are idle; a failed trial has no say.
    [Fact]
    public void A_study_is_read_by_its_space()
    {
        var space = new SearchSpace(
        [
            new ChoiceParameter("method.kind", ["full", "lora"]),
            new RangeParameter("train.learning_rate", 1e-5, 1e-1) { IsLog = true },
            new RangeParameter("method.rank", 4, 64) { IsWhole = true, IsLog = true, When = new SearchCondition("method.kind", ["lora"]) },
        ]);
        Trial[] trials = [.. Enumerable.Range(0, 150).Select(i =>
        {
            var values = space.Decide(p => p.ValueAt(Draws.For(p.Name).Uniform(i)));
            var trial = new Trial { Number = i, Values = values, State = i % 10 == 0 ? TrialState.Failed : TrialState.Done };
            return trial with { Result = i % 10 == 0 ? null : space.Parameters.Single(static p => p.Name == "train.learning_rate").UnitOf(trial["train.learning_rate"]!) };
        })];
        var all = ParameterImportance.Of(space, trials, minimise: true)!;
        Assert.Equal(("train.learning_rate", 135), (all.Parameters[0].Name, all.Trials));
        Assert.InRange(all.Parameters[0].Share, 0.9, 1);
        Assert.Equal(3, all.Parameters.Count);
        Assert.Equal(all.Parameters[0].Share, ParameterImportance.Of(space, trials, minimise: false)!.Parameters[0].Share, 0.1);
    }

    private static Axis Number(string name) => new(name, 0);

    private static double Share(ParameterImportance all, string name) => all.Parameters.Single(p => p.Name == name).Share;

    private static double[][] Points(Axis[] axes, int count) => [.. Enumerable.Range(0, count).Select(i => axes.Select(
        (a, j) => a.Categories > 0 ? Math.Floor(Draws.For($"{j}").Uniform(i) * a.Categories) : Draws.For($"{j}").Uniform(i)).ToArray())];

    private static ParameterImportance Of(Axis[] axes, int count, Func<double[], double> f, Func<double[], double[]>? told = null)
    {
        var points = Points(axes, count);
        return ParameterImportance.Of(axes, [.. points.Select(told ?? (static p => p))], [.. points.Select(f)])!;
    }
}
