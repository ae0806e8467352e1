using Attune.Engine;

namespace Attune.Search;

/// <summary>
/// The tree-structured Parzen estimator (Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011): trials are divided into the
/// good ones and the others, a density of the parameters is estimated of both, l(x) and g(x), and of several draws from l the one with the largest
/// l(x)/g(x) is taken, which is the one with the largest expected improvement. The densities are those of all parameters together, not a product of
/// one each (Falkner et al., "BOHB", ICML 2018), so that what goes well together stays together.
/// </summary>
/// <remarks>
/// Trials that are still running count among the others, as if they had failed (the constant liar of Ginsbourger et al. 2010), so that several
/// processes do not all try the same place. A pruned trial ranks behind all that are done, by how far it came; a failed one behind those.
/// </remarks>
public sealed class TreeParzenSampler : ISampler
{
    // Trials that fill the space evenly before any density is estimated; the share of the good ones; draws of a proposal.
    private const int StartTrials = 6;
    private const double GoodShare = 0.15;
    private const int Draws = 24;

    private readonly QuasiRandomSampler start = new();

    /// <inheritdoc />
    public IReadOnlyList<ParameterValue> Propose(SamplerInput input)
    {
        var ranked = Rank(input.Trials, input.Minimise);
        if (ranked.Count(static t => t.State != TrialState.Failed) < StartTrials)
            return start.Propose(input);
        var good = (int)Math.Ceiling(GoodShare * ranked.Count);
        var better = new ParzenDensity(input.Space, ranked.Take(good));
        var others = new ParzenDensity(input.Space, ranked.Skip(good).Concat(input.Trials.Where(static t => !t.IsOver)));
        var stream = new DrawStream(input.KeyFor("tpe"));
        return Enumerable.Range(0, Draws).Select(_ => better.Draw(ref stream))
            .MaxBy(values => better.LogOf(values) - others.LogOf(values))!;
    }

    /// <summary>Trials that are over, the best first; those of equal worth by number.</summary>
    internal static List<Trial> Rank(IReadOnlyList<Trial> trials, bool minimise)
    {
        double Cost(double value) => minimise ? value : -value;
        return [.. trials.Where(static t => t.IsOver)
            .OrderBy(static t => t.State switch { TrialState.Done => 0, TrialState.Pruned => 1, _ => 2 })
            .ThenBy(t => t.State == TrialState.Done ? Cost(t.Result!.Value) : -t.Reports.Count)
            // What is reported on the way is a loss, whatever the result is.
            .ThenBy(static t => t.Reports.Count == 0 ? double.PositiveInfinity : t.Reports.Min(static r => r.Value))
            .ThenBy(static t => t.Number)];
    }
}

/// <summary>Random numbers one after the other.</summary>
internal struct DrawStream(RandomKey key)
{
    private long next;

    /// <summary>In [0, 1).</summary>
    public double Uniform() => key.Uniform(next++);

    /// <summary>Standard normal.</summary>
    public double Normal() => key.Normal(next++);
}
