using System.Globalization;

namespace Attune.Search;

/// <summary>One of several values, each as likely as the next.</summary>
/// <param name="Name">The key's full name.</param>
/// <param name="Choices">Two or more different values, as the recipe's key reads them.</param>
public sealed record ChoiceParameter(string Name, IReadOnlyList<string> Choices) : SearchParameter(Name)
{
    /// <inheritdoc />
    public override bool IsOrdered { get; } = AreRisingNumbers(Choices);

    /// <inheritdoc />
    public override int Levels => Choices.Count;

    /// <inheritdoc />
    public override string ValueAt(double unit) => Choices[Math.Clamp((int)(unit * Choices.Count), 0, Choices.Count - 1)];

    /// <inheritdoc />
    public override (double Low, double High) CellOf(string value)
    {
        for (var i = 0; i < Choices.Count; i++)
        {
            if (Choices[i] == value)
                return ((double)i / Choices.Count, (i + 1.0) / Choices.Count);
        }
        throw new FormatException($"{value} is none of the choices of {Name}");
    }

    /// <inheritdoc />
    public override bool Has(string value) => Choices.Contains(value);

    /// <inheritdoc />
    public override string Nearest(string value)
    {
        if (Has(value) || !IsOrdered || !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return Has(value) ? value : Choices[0];
        return Choices.MinBy(c => Math.Abs(double.Parse(c, CultureInfo.InvariantCulture) - number))!;
    }

    private static bool AreRisingNumbers(IReadOnlyList<string> choices)
    {
        var before = double.NegativeInfinity;
        foreach (var choice in choices)
        {
            if (!double.TryParse(choice, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !(number > before))
                return false;
            before = number;
        }
        return true;
    }
}
