namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Until it is disposed, kernels called by this thread say here into how many tiles they cut their phases, and compute none of them.
/// </summary>
internal sealed class TileCount : IDisposable
{
    private readonly TileCount? outer;

    public TileCount() => outer = Workers.Count(this);

    /// <summary>Tiles of the phase that has the most: as a rule the one that takes the time. 0 where there was no phase.</summary>
    public int Most { get; private set; }

    public void Add(int tiles) => Most = Math.Max(Most, tiles);

    public void Dispose() => Workers.Count(outer);
}
