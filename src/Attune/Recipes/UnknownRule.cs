using System.Globalization;

namespace Attune.Recipes;

/// <summary>What happens to training rows that the model does not know.</summary>
public enum UnknownUse
{
    /// <summary>They are trained on like all others.</summary>
    Keep,

    /// <summary>They are left out.</summary>
    Drop,

    /// <summary>They are seen in the second half of the epochs alone.</summary>
    Delay,

    /// <summary>They are seen more or less often.</summary>
    Weigh,
}

/// <summary>What happens to training rows that the model does not know.</summary>
/// <param name="Use">What.</param>
/// <param name="Weight">How often each is seen in an epoch; only with <see cref="UnknownUse.Weigh"/>.</param>
public readonly record struct UnknownRule(UnknownUse Use, double Weight)
{
    private static readonly ValueKind<double> Number = ValueKinds.Number(0, 1000, open: true);

    internal static ValueKind<UnknownRule> Kind { get; } = new(
        "keep, drop, delay, or a number above 0 and below 1000",
        static raw => raw.Scalar switch
        {
            "keep" => new UnknownRule(UnknownUse.Keep, 0),
            "drop" => new UnknownRule(UnknownUse.Drop, 0),
            "delay" => new UnknownRule(UnknownUse.Delay, 0),
            _ => Number.Parse(raw) is { Problem: null } weight
                ? new UnknownRule(UnknownUse.Weigh, weight.Value)
                : Parsed<UnknownRule>.Wrong($"expected keep, drop, delay, or a number above 0 and below 1000, found {raw.Shown}"),
        },
        static rule => rule.Use == UnknownUse.Weigh ? Number.Write(rule.Weight) : rule.Use.ToString().ToLower(CultureInfo.InvariantCulture));
}
