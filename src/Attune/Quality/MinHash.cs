using System.Numerics;
using System.Runtime.InteropServices;
using Attune.Data;

namespace Attune.Quality;

/// <summary>
/// MinHash (Broder 1997, <i>On the resemblance and containment of documents</i>): of each of 144 hash functions the smallest value over a set. Two
/// sets agree in one of them with a probability that is their Jaccard similarity.
/// </summary>
/// <remarks>
/// The functions are h(x) = a·x + b mod 2³² with odd a, over elements that are hashes themselves. The minimum of whole numbers does not depend on
/// the width of vectors: the same signature on every machine.
/// </remarks>
internal static class MinHash
{
    /// <summary>Values of a signature; whole vectors of 4, 8 and 16 lanes, and whole bands of 1 to 4, 6, 8, 9 and 12 rows.</summary>
    public const int Size = 144;

    private static readonly uint[] Factors = [.. Enumerable.Range(0, Size).Select(static i => (uint)Mixing.Bits(0x6D696E68, (ulong)i) | 1)];
    private static readonly uint[] Shifts = [.. Enumerable.Range(0, Size).Select(static i => (uint)Mixing.Bits(0x68617368, (ulong)i))];

    /// <summary>The signature of a set.</summary>
    /// <param name="set">Distinct hashes, at least one.</param>
    /// <param name="signature">Gets <see cref="Size"/> values.</param>
    public static void Sign(ReadOnlySpan<uint> set, Span<uint> signature)
    {
        var factors = MemoryMarshal.Cast<uint, Vector<uint>>(Factors);
        var shifts = MemoryMarshal.Cast<uint, Vector<uint>>(Shifts);
        var into = MemoryMarshal.Cast<uint, Vector<uint>>(signature[..Size]);
        for (var i = 0; i < into.Length; i += 2)
        {
            // Two at a time: a product takes ten cycles, of which one alone would wait for the other. An odd last one (9 vectors of 512 bits) goes with itself.
            var j = Math.Min(i + 1, into.Length - 1);
            var (a, b, c, d) = (factors[i], shifts[i], factors[j], shifts[j]);
            var (first, second) = (Vector<uint>.AllBitsSet, Vector<uint>.AllBitsSet);
            foreach (var x in set)
            {
                var element = new Vector<uint>(x);
                first = Vector.Min(first, element * a + b);
                second = Vector.Min(second, element * c + d);
            }
            (into[i], into[j]) = (first, second);
        }
    }

    /// <summary>The key of a band: equal where all its values are.</summary>
    /// <param name="signature">The signature.</param>
    /// <param name="band">Its number.</param>
    /// <param name="rows">Values of a band.</param>
    public static uint Band(ReadOnlySpan<uint> signature, int band, int rows)
    {
        var key = (ulong)band;
        foreach (var value in signature.Slice(band * rows, rows)) key = Mixing.Bits(key, value);
        return (uint)(key >> 32);
    }

    /// <summary>
    /// Values of a band so that a pair of the similarity <paramref name="near"/> meets in at least one band with a probability of 99 %
    /// (1 − (1 − s^r)^(144/r); Leskovec, Rajaraman, Ullman, <i>Mining of Massive Datasets</i>, ch. 3): the most that allow it, for the fewest
    /// candidates in vain.
    /// </summary>
    public static int BandRows(double near) =>
        Enumerable.Range(1, Size).Where(static r => Size % r == 0).Last(r => r == 1 || 1 - Math.Pow(1 - Math.Pow(near, r), Size / r) >= 0.99);
}
