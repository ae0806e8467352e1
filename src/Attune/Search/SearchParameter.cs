namespace Attune.Search;

/// <summary>A value of a parameter, as text that the recipe's key reads: <c>train.learning_rate</c>, <c>0.0003</c>.</summary>
public readonly record struct ParameterValue(string Name, string Value);

/// <summary>A parameter is there only where another one has one of these values.</summary>
/// <param name="Parameter">The name of the other, which has choices.</param>
/// <param name="Values">Some of those.</param>
public sealed record SearchCondition(string Parameter, IReadOnlyList<string> Values);

/// <summary>
/// A key of the recipe that a search sets. Samplers see it as the unit interval: every value has a cell in [0, 1] (a point, where the values
/// are a continuum), and a number drawn evenly from [0, 1) becomes a value drawn as the parameter wishes, by its logarithm for example.
/// </summary>
/// <param name="Name">The key's full name.</param>
public abstract record SearchParameter(string Name)
{
    /// <summary>Where it is there; null for always.</summary>
    public SearchCondition? When { get; init; }

    /// <summary>Whether neighbours in [0, 1] are alike: numbers are, and choices that are numbers in rising order; words are not.</summary>
    public abstract bool IsOrdered { get; }

    /// <summary>How many values there are; 0 for a continuum.</summary>
    public abstract int Levels { get; }

    /// <summary>The value at a place in [0, 1].</summary>
    public abstract string ValueAt(double unit);

    /// <summary>The cell of a value in [0, 1]; both ends are the same for a value of a continuum.</summary>
    /// <exception cref="FormatException">The text is none of the parameter's values.</exception>
    public abstract (double Low, double High) CellOf(string value);

    /// <summary>Whether a text, as the recipe's key writes it, is one of the values.</summary>
    public abstract bool Has(string value);

    /// <summary>The value that is closest to a text that is none: of numbers the nearest, of words the first, and in a range the middle where the text is no number.</summary>
    public abstract string Nearest(string value);

    /// <summary>The middle of a value's cell.</summary>
    /// <exception cref="FormatException">The text is none of the parameter's values.</exception>
    public double UnitOf(string value)
    {
        var (low, high) = CellOf(value);
        return (low + high) / 2;
    }
}
