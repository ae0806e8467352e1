using Attune.Engine;

namespace Attune.Search;

/// <summary>All that a proposal may depend on.</summary>
/// <param name="Space">What is searched.</param>
/// <param name="Trials">All trials so far, by number.</param>
/// <param name="Minimise">Whether a lower result is the better one.</param>
/// <param name="Seed">Of the study.</param>
/// <param name="Number">The number of the trial that is proposed: its random numbers are its own, whoever drew before.</param>
public sealed record SamplerInput(SearchSpace Space, IReadOnlyList<Trial> Trials, bool Minimise, long Seed, int Number)
{
    /// <summary>The random numbers of this trial for one purpose.</summary>
    internal RandomKey KeyFor(string purpose) => RandomKey.OfSeed(Seed).For("search." + purpose).At(Number);
}

/// <summary>Proposes the values of the next trial; a pure function.</summary>
public interface ISampler
{
    /// <summary>The values of every parameter that is there.</summary>
    IReadOnlyList<ParameterValue> Propose(SamplerInput input);
}
