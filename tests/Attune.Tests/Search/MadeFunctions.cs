using System.Globalization;
using Attune.Search;

namespace Attune.Tests.Search;

/// <summary>Functions whose lowest value is known, as a study would see them; each is 0 at its lowest.</summary>
internal static class MadeFunctions
{
    private static readonly double[,] A = { { 10, 3, 17, 3.5, 1.7, 8 }, { 0.05, 10, 17, 0.1, 8, 14 }, { 3, 3.5, 1.7, 10, 17, 8 }, { 17, 8, 0.05, 10, 0.1, 14 } };
    private static readonly double[,] P = { { 1312, 1696, 5569, 124, 8283, 5886 }, { 2329, 4135, 8307, 3736, 1004, 9991 }, { 2348, 1451, 3522, 2883, 3047, 6650 }, { 4047, 8828, 8732, 5743, 1091, 381 } };
    private static readonly double[] Alpha = [1, 1.2, 3, 3.2];

    /// <summary>Two numbers, three lowest places (Branin 1972).</summary>
    public static (SearchSpace Space, Func<Trial, double> Value) Branin { get; } = (
        new SearchSpace([new RangeParameter("x", -5, 10), new RangeParameter("y", 0, 15)]),
        static t =>
        {
            var (x, y) = (Number(t, "x"), Number(t, "y"));
            return Math.Pow(y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6, 2) + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x) + 10 - 0.397887;
        }
    );

    /// <summary>Six numbers, six valleys (Hartmann 1973).</summary>
    public static (SearchSpace Space, Func<Trial, double> Value) Hartmann { get; } = (
        new SearchSpace([.. Enumerable.Range(0, 6).Select(static i => new RangeParameter($"x{i}", 0, 1))]),
        static t => 3.32237 - Enumerable.Range(0, 4).Sum(i => Alpha[i] * Math.Exp(-Enumerable.Range(0, 6).Sum(j => A[i, j] * Math.Pow(Number(t, $"x{j}") - P[i, j] * 1e-4, 2)))));

    /// <summary>Words, a logarithm, and parameters that are there beside one word alone: like the settings of a fine-tuning.</summary>
    public static (SearchSpace Space, Func<Trial, double> Value) Mixed { get; } = (
        new SearchSpace(
        [
            new RangeParameter("rate", 1e-6, 1e-1) { IsLog = true },
            new ChoiceParameter("kind", ["lora", "full", "ia3"]),
            new ChoiceParameter("schedule", ["cosine", "linear", "constant"]),
            new ChoiceParameter("rank", ["4", "8", "16", "32", "64"]) { When = new("kind", ["lora"]) },
            new RangeParameter("plus", 1, 16) { IsLog = true, When = new("kind", ["lora"]) },
        ]),
        static t =>
        {
            var rate = Math.Log10(Number(t, "rate"));
            var schedule = t["schedule"] == "cosine" ? 0 : 0.05;
            return schedule + t["kind"] switch
            {
                "full" => 0.15 + 0.3 * Math.Pow(rate + 4.3, 2),
                "ia3" => 0.4 + 0.2 * Math.Pow(rate + 2.2, 2),
                _ => 0.4 * Math.Pow(rate + 3.3, 2) + 0.05 * Math.Pow(Math.Log2(Number(t, "rank")) - 4, 2) + 0.02 * Math.Pow(Math.Log2(Number(t, "plus")) - 2, 2),
            };
        }
    );

    /// <summary>The lowest value of a study.</summary>
    public static double Lowest((SearchSpace Space, Func<Trial, double> Value) function, ISampler sampler, long seed, int trials)
    {
        var done = new List<Trial>();
        for (var i = 0; i < trials; i++)
        {
            var trial = new Trial { Number = i, Values = sampler.ProposeNew(new SamplerInput(function.Space, done, true, seed, i))!, State = TrialState.Done };
            done.Add(trial with { Result = function.Value(trial) });
        }
        return done.Min(static t => t.Result!.Value);
    }

    private static double Number(Trial trial, string name) => double.Parse(trial[name]!, CultureInfo.InvariantCulture);
}
