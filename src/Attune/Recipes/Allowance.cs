using System.Globalization;

namespace Attune.Recipes;

/// <summary>An amount of change that a guard asks for or allows: in the metric's own unit, or as a part of the value before.</summary>
/// <param name="Value">0.05 is five points of a share, or nats of a loss; of a part, 0.05 is five per cent.</param>
/// <param name="IsPart">Whether it is a part of the value before.</param>
public readonly record struct Allowance(double Value, bool IsPart)
{
    private const double Most = 1000;

    internal static ValueKind<Allowance> Kind { get; } = new(
        "a number from 0 in the metric's own unit (0.05 is five points of a share, or nats of a loss), or a part of the value before, such as 2%",
        static raw => raw.Scalar is { } text && Parse(text) is { } amount
            ? amount
            : Parsed<Allowance>.Wrong($"expected a number from 0 (in points of a share 0.05 is five, in nats of a loss 0.05), or a part such as 2%, found {raw.Shown}"),
        static a => a.ToString())
    { Schema = JsonSchemas.Either(JsonSchemas.Number(0, Most, open: false), JsonSchemas.Text) };

    /// <summary>The amount in the metric's own unit.</summary>
    /// <param name="before">The value that a part is taken of.</param>
    public double Of(double before) => IsPart ? Value * Math.Abs(before) : Value;

    /// <summary>As a recipe says it.</summary>
    public override string ToString() => IsPart
        ? (Value * 100).ToString("0.##########", CultureInfo.InvariantCulture) + "%"
        : Value.ToString("R", CultureInfo.InvariantCulture);

    private static Allowance? Parse(string text)
    {
        var isPart = text.EndsWith('%');
        return double.TryParse(isPart ? text[..^1].TrimEnd() : text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
            && value is >= 0 and <= Most
                ? new Allowance(isPart ? value / 100 : value, isPart)
                : null;
    }
}
