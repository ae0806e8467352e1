using System.Numerics;
using Attune.Problems;

namespace Attune.Selection;

/// <summary>A vector of unit length for every row, one behind the other.</summary>
internal sealed class Vectors
{
    private readonly float[] numbers;

    /// <summary>Memory for the vectors of so many rows.</summary>
    /// <exception cref="UserErrorException">They do not fit into one array.</exception>
    public Vectors(int count, int length)
    {
        if ((long)count * length > Array.MaxLength)
            throw new UserErrorException("--data", $"{count} rows with {length} numbers each are more than one machine's array holds", "choose among a random part of the rows first");
        (Count, Length, numbers) = (count, length, new float[count * length]);
    }

    /// <summary>How many.</summary>
    public int Count { get; }

    /// <summary>Numbers of each.</summary>
    public int Length { get; }

    /// <summary>The vector of a row.</summary>
    public Span<float> this[int row] => numbers.AsSpan(row * Length, Length);

    /// <summary>Copies of some.</summary>
    public Vectors Of(int[] rows)
    {
        var some = new Vectors(rows.Length, Length);
        for (var i = 0; i < rows.Length; i++)
            this[rows[i]].CopyTo(some[i]);
        return some;
    }

    /// <summary>Cosine of two rows.</summary>
    public float Cosine(int a, int b) => Dot(this[a], this[b]);

    /// <summary>Σ aᵢ bᵢ.</summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var (first, second) = (Vector<float>.Zero, Vector<float>.Zero);
        var (i, step) = (0, Vector<float>.Count);
        for (; i <= a.Length - 2 * step; i += 2 * step)
        {
            first += new Vector<float>(a[i..]) * new Vector<float>(b[i..]);
            second += new Vector<float>(a[(i + step)..]) * new Vector<float>(b[(i + step)..]);
        }
        var sum = Vector.Sum(first + second);
        for (; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    /// <summary>Scales a vector to length one; zeros stay.</summary>
    public static void Normalise(Span<float> vector)
    {
        double squares = 0;
        foreach (var x in vector)
            squares += (double)x * x;
        if (squares == 0)
            return;
        var scale = (float)(1 / Math.Sqrt(squares));
        foreach (ref var x in vector)
            x *= scale;
    }
}
