using System.Globalization;

namespace Attune.Reports.Html;

/// <summary>What the horizontal axis of a chart counts.</summary>
/// <param name="Label">Below the axis.</param>
/// <param name="Unit">In front of a place, for screen readers: <c>step 12</c>.</param>
/// <param name="Text">A place in words; null for the number itself.</param>
/// <param name="Kept">At the line that marks one place.</param>
internal sealed record ChartAxis(string Label, string Unit, Func<double, string>? Text, string Kept)
{
    /// <summary>Steps of a run.</summary>
    public static ChartAxis OfSteps { get; } = new("optimizer step", "step", null, "kept");

    /// <summary>Learning rates by their logarithm; 1000 is a power of ten.</summary>
    public static ChartAxis OfRates { get; } = new("learning rate", "a learning rate of", static v => Math.Pow(10, v / 1000).ToString("0.#e0", CultureInfo.InvariantCulture), "suggested");
}
