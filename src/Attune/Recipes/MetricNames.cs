using Attune.Evaluation.Metrics;
using Attune.Problems;

namespace Attune.Recipes;

/// <summary>Names of metrics, as <see cref="MetricTable"/> reads them.</summary>
public static class MetricNames
{
    internal static ValueKind<IReadOnlyList<string>> Kind { get; } = new(
        "names of metrics",
        static raw => Parse(raw.List ?? [raw.Scalar!]),
        static v => "[" + string.Join(", ", v.Select(YamlText.Scalar)) + "]")
    { IsList = true };

    /// <summary>One name.</summary>
    internal static ValueKind<string> One { get; } = new(
        "the name of a metric",
        static raw => raw.Scalar is not { } name ? Parsed<string>.Wrong($"expected the name of a metric, found {raw.Shown}")
            : MetricTable.Parse(name).Problem is { } problem ? Parsed<string>.Wrong(problem) : name,
        YamlText.Scalar);

    /// <summary>The names of a command line; auto alone stands for none.</summary>
    /// <param name="option">The option, for the message.</param>
    /// <param name="names">The names.</param>
    /// <exception cref="UserErrorException">One is wrong.</exception>
    public static IReadOnlyList<string> Read(string option, IReadOnlyList<string> names)
    {
        if (names is [] or ["auto"])
            return [];
        var parsed = Parse(names);
        return parsed.Problem is { } problem ? throw new UserErrorException(option, problem, $"there are {MetricTable.Forms}") : parsed.Value;
    }

    private static Parsed<IReadOnlyList<string>> Parse(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return Parsed<IReadOnlyList<string>>.Wrong("expected names of metrics, found an empty list");
        foreach (var name in names)
        {
            if (MetricTable.Parse(name).Problem is { } problem)
                return Parsed<IReadOnlyList<string>>.Wrong(problem);
        }
        return names.GroupBy(static n => n, StringComparer.Ordinal).FirstOrDefault(static g => g.Count() > 1) is { } twice
            ? Parsed<IReadOnlyList<string>>.Wrong($"{twice.Key} is given twice")
            : new(names);
    }
}
