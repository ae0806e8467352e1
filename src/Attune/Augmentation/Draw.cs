using Attune.Data;

namespace Attune.Augmentation;

/// <summary>Random numbers of one new row: a function of the seed, the parent's texts, the method and the number of the try, and of nothing else.</summary>
internal sealed class Draw(ulong seed, ulong row, string method, int number)
{
    private readonly ulong key = Mixing.Bits(seed, row, Mixing.Hash(method) + (ulong)number);
    private ulong next;

    /// <summary>A whole number from 0 to below <paramref name="bound"/>.</summary>
    public int Below(int bound) => Mixing.Below(Mixing.Bits(key, next++), bound);

    /// <summary>True with that probability.</summary>
    public bool Chance(double probability) => Mixing.Bits(key, next++) >> 11 < (ulong)(probability * (1UL << 53));

    /// <summary>One of them.</summary>
    public T One<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>So many of them, each once, in a random order; all of them where there are fewer.</summary>
    public List<T> Some<T>(IEnumerable<T> items, int count)
    {
        var (left, taken) = (items.ToList(), new List<T>());
        for (; left.Count > 0 && taken.Count < count;)
        {
            var at = Below(left.Count);
            taken.Add(left[at]);
            left.RemoveAt(at);
        }
        return taken;
    }
}
