namespace Attune.Corpus.Text;

/// <summary>A counter-based random stream: the n-th number is a pure function of (seed, stream, n), so that a document does not depend on the ones before it.</summary>
internal sealed class Draw(ulong seed, ulong stream)
{
    private readonly ulong key = Mix(Mix(seed) + stream);
    private ulong count;

    /// <summary>The finaliser of SplitMix64: every input bit reaches every output bit.</summary>
    public static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    public ulong Next() => Mix(key ^ Mix(++this.count));

    /// <summary>Uniform in [0, n).</summary>
    public int Below(int n) => (int)Math.BigMul(Next(), (ulong)n, out _);

    /// <summary>Uniform in [from, to], both included.</summary>
    public int Between(int from, int to) => from + Below(to - from + 1);

    public bool Chance(double p) => (Next() >> 11) * (1.0 / (1UL << 53)) < p;

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];

    /// <summary><paramref name="count"/> different elements in random order.</summary>
    public List<T> Sample<T>(IReadOnlyList<T> from, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, from.Count);
        var left = from.ToList();
        var taken = new List<T>(count);
        for (var i = 0; i < count; i++)
        {
            var at = Below(left.Count);
            taken.Add(left[at]);
            left.RemoveAt(at);
        }
        return taken;
    }
}
