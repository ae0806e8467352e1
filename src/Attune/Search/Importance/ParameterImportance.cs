using Attune.Engine;

namespace Attune.Search.Importance;

/// <summary>How much of a study's differences one parameter explains.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Share">Its part of the variance when every other parameter is averaged over, from 0 to 1.</param>
/// <param name="Deviation">Standard deviation of that share over the trees: large where the trials do not say.</param>
public sealed record Importance(string Name, double Share, double Deviation);

/// <summary>What two parameters explain together, beyond what each does alone.</summary>
public sealed record Interaction(string First, string Second, double Share);

/// <summary>
/// Importance of the parameters of a study by functional analysis of variance over a random forest (Hutter, Hoos and Leyton-Brown, "An
/// efficient approach for assessing hyperparameter importance", ICML 2014): a forest learns the value from the parameters, and of every tree
/// the variance over the whole space is taken apart, exactly, since its leaves are boxes. Shares of single parameters and of pairs add up to at most 1; the
/// rest belongs to more parameters together.
/// </summary>
/// <remarks>
/// A parameter that is not in force in a trial changes nothing there, whatever its value: it gets one drawn from its range, which is what
/// says so to the forest. Bad values beyond Tukey's fence (third quartile and one and a half times the distance of the quartiles) are set to the fence: one diverged
/// trial would else be all that there is to explain.
/// </remarks>
/// <param name="Parameters">The largest share first.</param>
/// <param name="Interactions">Of every pair, the largest share first.</param>
/// <param name="Trials">How many trials it rests on.</param>
public sealed record ParameterImportance(IReadOnlyList<Importance> Parameters, IReadOnlyList<Interaction> Interactions, int Trials)
{
    /// <summary>Below this number of trials nothing is said.</summary>
    public const int LeastTrials = 8;

    private const int Trees = 64;

    /// <summary>Takes the trials' values apart.</summary>
    /// <param name="axes">The parameters.</param>
    /// <param name="points">By trial, by parameter: see <see cref="Axis.Categories"/>; NaN where the parameter is not in force.</param>
    /// <param name="values">By trial, finite; the lower the better.</param>
    /// <returns>The shares; null where the trials are fewer than <see cref="LeastTrials"/>, or all came to the same.</returns>
    public static ParameterImportance? Of(IReadOnlyList<Axis> axes, IReadOnlyList<IReadOnlyList<double>> points, IReadOnlyList<double> values)
    {
        if (axes.Count == 0 || points.Count < LeastTrials || values.Max() <= values.Min())
            return null;
        var key = RandomKey.OfSeed(0).For("importance");
        var rows = points.Select((p, i) => axes.Select((a, j) => Filled(a, p[j], key.For("fill").Draw(i, (uint)j).A / 4294967296.0)).ToArray()).ToArray();
        var fenced = Fence(values);
        var trees = Enumerable.Range(0, Trees).Select(t =>
        {
            var draw = key.For("sample").At(t);
            int[] sample = [.. Enumerable.Range(0, rows.Length).Select(i => draw.Below(rows.Length, i))];
            return new Marginals(axes, RegressionTree.Grow(axes, rows, fenced, sample, key.For($"tree {t}")));
        }).Where(static m => m.Total > 0).ToArray();
        if (trees.Length == 0)
            return null;
        Importance Single(int j)
        {
            double[] shares = [.. trees.Select(m => m.Of(j) / m.Total)];
            var mean = shares.Average();
            return new Importance(axes[j].Name, mean, Math.Sqrt(shares.Average(s => (s - mean) * (s - mean))));
        }
        var pairs = from i in Enumerable.Range(0, axes.Count)
                    from j in Enumerable.Range(i + 1, axes.Count - i - 1)
                    select new Interaction(axes[i].Name, axes[j].Name, trees.Average(m => m.Of(i, j) / m.Total));
        return new ParameterImportance(
            [.. Enumerable.Range(0, axes.Count).Select(Single).OrderByDescending(static p => p.Share)],
            [.. pairs.OrderByDescending(static p => p.Share)], rows.Length);
    }

    /// <summary>The same of a study's trials that are done.</summary>
    /// <param name="space">What was searched.</param>
    /// <param name="trials">The trials.</param>
    /// <param name="minimise">Whether a lower result is the better one.</param>
    public static ParameterImportance? Of(SearchSpace space, IReadOnlyList<Trial> trials, bool minimise)
    {
        Trial[] done = [.. trials.Where(static t => t is { State: TrialState.Done, Result: { } r } && double.IsFinite(r))];
        Axis[] axes = [.. space.Parameters.Select(static p => new Axis(p.Name, p.IsOrdered ? 0 : p.Levels))];
        double At(Trial trial, SearchParameter parameter) => trial[parameter.Name] is not { } value ? double.NaN
            : parameter.IsOrdered ? parameter.UnitOf(value) : Math.Floor(parameter.CellOf(value).Low * parameter.Levels + 0.5);
        return Of(axes, [.. done.Select(t => space.Parameters.Select(p => At(t, p)).ToArray())], [.. done.Select(t => minimise ? t.Result!.Value : -t.Result!.Value)]);
    }

    private static double Filled(Axis axis, double value, double draw) => axis.Scaled(
        double.IsFinite(value) ? value : axis.Categories > 0 ? Math.Floor(draw * axis.Categories) : draw);

    private static double[] Fence(IReadOnlyList<double> values)
    {
        double[] order = [.. values.Order()];
        var (low, high) = (order[order.Length / 4], order[order.Length * 3 / 4]);
        return [.. values.Select(v => Math.Min(v, high + 1.5 * (high - low)))];
    }
}
