using Attune.Engine;

namespace Attune.Search;

/// <summary>Every parameter drawn by itself (Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 2012).</summary>
public sealed class RandomSampler : ISampler
{
    /// <inheritdoc />
    public IReadOnlyList<ParameterValue> Propose(SamplerInput input) => Draw(input.Space, input.KeyFor("random"), 0);

    /// <summary>The draw of this index.</summary>
    internal static IReadOnlyList<ParameterValue> Draw(SearchSpace space, RandomKey key, long index) =>
        space.Decide(p => p.ValueAt(key.For(p.Name).Uniform(index)));
}
