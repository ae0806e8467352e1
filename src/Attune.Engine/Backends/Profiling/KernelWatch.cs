using System.Diagnostics;
using Attune.Engine.Backends.Cpu;

namespace Attune.Engine.Backends;

/// <summary>One call under way. Between <see cref="Begin"/> and <see cref="End"/> stands the call and nothing else.</summary>
internal readonly struct KernelWatch
{
    private readonly KernelProfile profile;
    private readonly TileCount? tiles;
    private readonly long start;

    private KernelWatch(KernelProfile profile, bool countTiles)
    {
        this.profile = profile;
        tiles = countTiles ? new TileCount() : null;
        start = Stopwatch.GetTimestamp();
    }

    public static KernelWatch Begin(KernelProfile profile, bool countTiles) => new(profile, countTiles);

    public void End(string kernel, string shape, KernelWork work)
    {
        var seconds = tiles is null ? Stopwatch.GetElapsedTime(start).TotalSeconds : 0;
        tiles?.Dispose();
        profile.Add(new KernelKey(kernel, shape), seconds, work, tiles?.Most ?? 0);
    }
}
