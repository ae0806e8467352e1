using Attune.Evaluation;
using Attune.Search;

namespace Attune.Tests.Search;

public class SamplerTests
{
    private const int Seeds = 20;

    private static readonly SearchSpace Small = new([new ChoiceParameter("kind", ["a", "b"]), new ChoiceParameter("size", ["1", "2", "3"]) { When = new("kind", ["b"]) }]);

    public static TheoryData<string> Names => [.. Samplers.All.Select(static s => s.Name)];

    /// <summary>Over twenty seeds: the interval of the mean difference leaves zero out.</summary>
    [Theory]
    [InlineData("Branin", 40)]
    [InlineData("Hartmann", 60)]
    [InlineData("Mixed", 40)]
    public void Tpe_finds_lower_values_than_random(string name, int trials)
    {
        var function = name switch { "Branin" => MadeFunctions.Branin, "Hartmann" => MadeFunctions.Hartmann, _ => MadeFunctions.Mixed };
        double[] Over(string sampler) => [.. Enumerable.Range(1, Seeds).Select(s => MadeFunctions.Lowest(function, Samplers.Find(sampler), s, trials))];
        var (random, tpe) = (Over("random"), Over("tpe"));
        var gain = SmallSample.Of([.. random.Zip(tpe, static (r, t) => r - t)]);
        Assert.True(gain.Low > 0, $"{name}: random {random.Average():F3}, tpe {tpe.Average():F3}, gain {gain.Low:F3} to {gain.High:F3}");
        Assert.True(tpe.Average() < random.Average() / 2);
    }

    /// <summary>Centred L2 discrepancy (Hickernell 1998) of 64 points in five dimensions: how far they are from being spread evenly.</summary>
    [Fact]
    public void Quasi_random_points_are_spread_more_evenly()
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var halton = Points((d, i) => QuasiRandomSampler.Coordinate(d, i, seed));
            var key = Attune.Engine.RandomKey.OfSeed(seed);
            var random = Points((d, i) => key.For($"{d}").Uniform(i));
            Assert.True(Discrepancy(halton) < 0.6 * Discrepancy(random), $"{Discrepancy(halton)} against {Discrepancy(random)}");
        }
    }

    /// <summary>Without its permutations the first base is van der Corput's: any 2^k points from 0 on hit each of 2^k cells once.</summary>
    [Fact]
    public void Every_cell_of_a_base_is_hit_once()
    {
        Assert.Equal(Enumerable.Range(0, 32), Enumerable.Range(0, 32).Select(i => (int)(QuasiRandomSampler.Coordinate(0, i, 3) * 32)).Order());
        Assert.Equal(Enumerable.Range(0, 27), Enumerable.Range(0, 27).Select(i => (int)(QuasiRandomSampler.Coordinate(1, i, 3) * 27)).Order());
        Assert.Equal(Enumerable.Range(0, 25), Enumerable.Range(25, 25).Select(i => (int)(QuasiRandomSampler.Coordinate(2, i, 3) * 25)).Order());
        Assert.NotEqual(QuasiRandomSampler.Coordinate(0, 0, 3), QuasiRandomSampler.Coordinate(0, 0, 4));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_proposal_depends_on_its_input_alone(string name)
    {
        var sampler = Samplers.Find(name);
        var space = MadeFunctions.Mixed.Space;
        Trial[] trials = [.. Enumerable.Range(0, 12).Select(i => new Trial { Number = i, Values = Samplers.Find("random").Propose(new(space, [], true, 9, i)), State = TrialState.Done, Result = i })];
        var input = new SamplerInput(space, trials, true, 3, 12);
        Assert.Equal(sampler.Propose(input), sampler.Propose(input with { Trials = [.. trials] }));
        Assert.NotEqual(sampler.Propose(input), sampler.Propose(input with { Number = 13 }));
        Assert.NotEqual(sampler.Propose(input), sampler.Propose(input with { Seed = 4 }));
        Assert.All(Enumerable.Range(0, 50), i =>
        {
            var values = sampler.Propose(input with { Number = i });
            var isLora = values.Contains(new ParameterValue("kind", "lora"));
            Assert.Equal(isLora ? ["rate", "kind", "schedule", "rank", "plus"] : ["rate", "kind", "schedule"], values.Select(static v => v.Name));
        });
    }

    /// <summary>a alone, and b with 1, 2 and 3: four recipes, and then none.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void No_values_are_tried_twice(string name)
    {
        var trials = new List<Trial>();
        while (Samplers.Find(name).ProposeNew(new(Small, trials, true, 1, trials.Count)) is { } values)
            trials.Add(new Trial { Number = trials.Count, Values = values, State = trials.Count == 1 ? TrialState.Failed : TrialState.Done, Result = trials.Count });
        Assert.Equal(4, trials.Count);
        Assert.Equal(4, trials.Select(static t => string.Join(',', t.Values)).Distinct().Count());
    }

    [Fact]
    public void Trials_rank_by_result_then_by_how_far_they_came()
    {
        static Trial Of(int number, TrialState state, double? result = null, params double[] reports) =>
            new() { Number = number, Values = [], State = state, Result = result, Reports = [.. reports.Select(static (r, i) => new TrialReport(i, r))] };
        Trial[] trials =
        [
            Of(0, TrialState.Failed), Of(1, TrialState.Pruned, null, 3, 2), Of(2, TrialState.Done, 0.5), Of(3, TrialState.Running, null, 0.1), Of(4, TrialState.Pruned, null, 1),
            Of(5, TrialState.Done, 0.4), Of(6, TrialState.Pruned, null, 3, 1.5),
        ];
        Assert.Equal([5, 2, 6, 1, 4, 0], TreeParzenSampler.Rank(trials, minimise: true).Select(static t => t.Number));
        Assert.Equal([2, 5, 6, 1, 4, 0], TreeParzenSampler.Rank(trials, minimise: false).Select(static t => t.Number));
    }

    /// <summary>Where all that failed lies on one side, the other side is proposed; and a running trial's place is left to it.</summary>
    [Fact]
    public void Tpe_keeps_away_from_what_failed_and_from_what_runs()
    {
        var space = new SearchSpace([new RangeParameter("x", 0, 1)]);
        Trial At(int number, double x, TrialState state, double? result = null) =>
            new() { Number = number, Values = [new("x", x.ToString(System.Globalization.CultureInfo.InvariantCulture))], State = state, Result = result };
        var trials = Enumerable.Range(0, 20).Select(i => At(i, i / 20.0, i >= 10 ? TrialState.Failed : TrialState.Done, i >= 10 ? null : Math.Abs(i - 9))).ToList();
        double Mean(List<Trial> seen) => Enumerable.Range(20, 40).Average(n => double.Parse(Samplers.Find("tpe").Propose(new(space, seen, true, 1, n))[0].Value, System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange(Mean(trials), 0.3, 0.5);
        Trial[] running = [.. Enumerable.Range(20, 6).Select(i => At(i, 0.45, TrialState.Running))];
        Assert.True(Mean([.. trials, .. running]) < Mean(trials) - 0.02);
    }

    private static double[][] Points(Func<int, int, double> at) => [.. Enumerable.Range(0, 64).Select(i => Enumerable.Range(0, 5).Select(d => at(d, i)).ToArray())];

    private static double Discrepancy(double[][] points)
    {
        var n = points.Length;
        var one = points.Sum(static p => p.Aggregate(1.0, static (a, x) => a * (1 + 0.5 * Math.Abs(x - 0.5) - 0.5 * (x - 0.5) * (x - 0.5))));
        var two = points.Sum(p => points.Sum(q => p.Zip(q).Aggregate(1.0, static (a, v) =>
            a * (1 + 0.5 * Math.Abs(v.First - 0.5) + 0.5 * Math.Abs(v.Second - 0.5) - 0.5 * Math.Abs(v.First - v.Second)))));
        return Math.Sqrt(Math.Pow(13.0 / 12, points[0].Length) - 2.0 / n * one + two / n / n);
    }
}
