using System.Runtime.CompilerServices;

namespace Attune.Engine;

/// <summary>
/// Randomness without state: a number is a pure function of (key, step, row, channel), so that micro-batches, recomputation,
/// resumed runs and any number of threads draw the same.
/// </summary>
/// <remarks>Philox 4×32 with ten rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).</remarks>
/// <param name="Key">Seed and path of what draws.</param>
/// <param name="Step">Optimizer step, or 0 where there is none.</param>
public readonly record struct RandomKey(ulong Key, uint Step)
{
    /// <summary>The key of a whole run.</summary>
    public static RandomKey OfSeed(long seed) => new(Mix((ulong)seed + 0x9E3779B97F4A7C15), 0);

    /// <summary>The key of something below this one, by name: a layer, an operation, a purpose.</summary>
    public RandomKey For(string path)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var c in path)
            hash = (hash ^ c) * 0x100000001B3UL;
        return this with { Key = Mix(Key ^ Mix(hash)) };
    }

    /// <summary>The same purpose in another step.</summary>
    public RandomKey At(long step) => this with { Step = (uint)step };

    /// <summary>Four independent 32-bit numbers for one row and one group of four channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (uint A, uint B, uint C, uint D) Draw(long row, uint group)
    {
        var (c0, c1, c2, c3) = (group, (uint)row, (uint)(row >> 32), Step);
        var (k0, k1) = ((uint)Key, (uint)(Key >> 32));
        for (var round = 0; round < 10; round++)
        {
            var p0 = (ulong)c0 * 0xD2511F53;
            var p1 = (ulong)c2 * 0xCD9E8D57;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>A number in [0, 1) with 32 random bits, for draws that come one by one.</summary>
    public double Uniform(long index)
    {
        var (a, _, _, _) = Draw(index, 0);
        return a * (1.0 / 4294967296.0);
    }

    /// <summary>A standard normal number (Box and Muller 1958).</summary>
    public double Normal(long index)
    {
        var (a, b, _, _) = Draw(index, 0);
        var radius = Math.Sqrt(-2 * Math.Log((a + 1.0) / 4294967297.0));
        return radius * Math.Cos(2 * Math.PI * (b / 4294967296.0));
    }

    /// <summary>A whole number in [0, <paramref name="limit"/>).</summary>
    public int Below(int limit, long index) => (int)(Uniform(index) * limit);

    // The finaliser of SplitMix64 (Steele et al. 2014): every input bit reaches every output bit.
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
