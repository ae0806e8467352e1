using Attune.Engine;

namespace Attune.Search;

/// <summary>
/// Points that fill the space more evenly than random ones: the Halton sequence (Halton 1960), a prime number as base for every parameter, with
/// digits permuted at random, each place of each base by a permutation of its own (Owen, "A randomized Halton algorithm in R", 2017). Each
/// point by itself is then uniform, and the stripes that large bases have without permutations are gone.
/// </summary>
public sealed class QuasiRandomSampler : ISampler
{
    /// <inheritdoc />
    public IReadOnlyList<ParameterValue> Propose(SamplerInput input) => input.Space.Decide(p =>
    {
        var dimension = input.Space.Parameters.Select(static (p, i) => (p, i)).First(d => ReferenceEquals(d.p, p)).i;
        return p.ValueAt(Coordinate(dimension, input.Number, input.Seed));
    });

    /// <summary>A coordinate of a point, in [0, 1).</summary>
    /// <param name="dimension">Counted from 0.</param>
    /// <param name="index">The point, counted from 0.</param>
    /// <param name="seed">Decides the permutations.</param>
    public static double Coordinate(int dimension, int index, long seed)
    {
        var numeral = Prime(dimension);
        var key = RandomKey.OfSeed(seed).For("search.halton").At(dimension);
        var (sum, weight, rest) = (0.0, 1.0 / numeral, index);
        // Leading zeros are permuted too, down to the last bit of a double.
        for (var place = 0; weight > 1e-16; place++, weight /= numeral, rest /= numeral)
            sum += weight * Permuted(rest % numeral, numeral, key, place);
        return Math.Min(sum, Math.BitDecrement(1));
    }

    // Where a digit goes to in the place's permutation (Fisher and Yates).
    private static int Permuted(int digit, int numeral, RandomKey key, int place)
    {
        Span<int> digits = numeral <= 512 ? stackalloc int[numeral] : new int[numeral];
        for (var i = 0; i < numeral; i++)
            digits[i] = i;
        for (var i = numeral - 1; i > 0; i--)
        {
            var other = key.Below(i + 1, ((long)place << 32) + i);
            (digits[i], digits[other]) = (digits[other], digits[i]);
        }
        return digits[digit];
    }

    private static int Prime(int index)
    {
        for (var candidate = 2; ; candidate++)
        {
            var isPrime = true;
            for (var d = 2; d * d <= candidate && isPrime; d++)
                isPrime = candidate % d != 0;
            if (isPrime && index-- == 0)
                return candidate;
        }
    }
}
