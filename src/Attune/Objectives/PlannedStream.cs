using Attune.Engine;
using Attune.Models;

namespace Attune.Objectives;

/// <summary>A pass with a <see cref="PrefixCache"/> on pretended memory: nothing is copied, and the same operations run.</summary>
internal sealed record PlannedStream(int Block, bool Holds) : IStreamCache
{
    /// <summary>The passes that can come where passes may begin before a block: without what is known, and with it.</summary>
    /// <param name="block">Index of the block; 0 where every pass runs all of them.</param>
    public static IEnumerable<IStreamCache?> Of(int block) => block == 0 ? [null] : [new PlannedStream(block, false), new PlannedStream(block, true)];

    public void Load(Tensor x)
    {
    }

    public void Keep(Tensor x)
    {
    }
}
