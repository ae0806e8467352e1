using System.Globalization;

namespace Attune.Search;

/// <summary>
/// A number of a range: any, or one of a grid (whole numbers, or steps from the lower end); drawn evenly, or evenly by its logarithm, where
/// a whole number n has the share of [n − ½, n + ½].
/// </summary>
/// <param name="Name">The key's full name.</param>
/// <param name="From">The lower end.</param>
/// <param name="To">The upper end, above it.</param>
public sealed record RangeParameter(string Name, double From, double To) : SearchParameter(Name)
{
    /// <summary>Whether it is drawn by its logarithm; <see cref="From"/> is then above 0, and there is no <see cref="Step"/> but that of whole numbers.</summary>
    public bool IsLog { get; init; }

    /// <summary>Whether only whole numbers are values.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The distance of neighbours, counted from <see cref="From"/>; null for a continuum, or 1 where <see cref="IsWhole"/>.</summary>
    public double? Step { get; init; }

    /// <inheritdoc />
    public override bool IsOrdered => true;

    /// <inheritdoc />
    public override int Levels => Grid is { } step ? (int)Math.Min(int.MaxValue, Math.Floor((To - From) / step * (1 + 1e-12)) + 1) : 0;

    private double? Grid => Step ?? (IsWhole ? 1 : null);

    /// <inheritdoc />
    public override string ValueAt(double unit)
    {
        if (Grid is not { } step)
            return Text(Math.Clamp(Short(IsLog ? From * Math.Exp(unit * Math.Log(To / From)) : From + unit * (To - From)), From, To));
        var level = IsLog ? Math.Round(Edge(0) * Math.Exp(unit * Math.Log(Edge(Levels) / Edge(0)))) - From : Math.Floor(unit * Levels);
        return Text(OnGrid(Math.Clamp(level, 0, Levels - 1), step));
    }

    /// <inheritdoc />
    public override (double Low, double High) CellOf(string value)
    {
        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !(number >= From && number <= To))
            throw new FormatException($"{value} is not in the range of {Name}, {Text(From)} to {Text(To)}");
        if (Grid is not { } step)
        {
            var unit = IsLog ? Math.Log(number / From) / Math.Log(To / From) : (number - From) / (To - From);
            return (unit, unit);
        }
        var level = Math.Round((number - From) / step);
        return IsLog
            ? (Math.Log(Edge(level) / Edge(0)) / Math.Log(Edge(Levels) / Edge(0)), Math.Log(Edge(level + 1) / Edge(0)) / Math.Log(Edge(Levels) / Edge(0)))
            : (level / Levels, (level + 1) / Levels);
    }

    /// <inheritdoc />
    public override bool Has(string value) => Number(value) is { } number && Number(Nearest(value)) == number;

    /// <inheritdoc />
    public override string Nearest(string value)
    {
        if (Number(value) is not { } number)
            return ValueAt(0.5);
        number = Math.Clamp(number, From, To);
        return Text(Grid is { } step ? OnGrid(Math.Clamp(Math.Round((number - From) / step), 0, Levels - 1), step) : number);
    }

    // The lower end of a whole number's share.
    private double Edge(double level) => From + level - 0.5;

    // 0.1 + 2 · 0.1 is 0.30000000000000004: what people read has no more digits than the grid.
    private double OnGrid(double level, double step) => Math.Round(From + level * step, Math.Clamp(12 - (int)Math.Floor(Math.Log10(Math.Max(Math.Abs(To), Math.Abs(From)))), 0, 15));

    // Four digits of what can vary: a recipe with 0.0003127 is read more easily than one with all 17, and is as good.
    private double Short(double value)
    {
        if (value == 0)
            return 0;
        var room = IsLog ? Math.Min(1, Math.Log(To / From)) : (To - From) / Math.Abs(value);
        var digits = Math.Clamp(3 - (int)Math.Floor(Math.Log10(room)), 0, 16);
        return double.Parse(value.ToString("E" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static double? Number(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
