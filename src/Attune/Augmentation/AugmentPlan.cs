using Attune.Data;
using Attune.Problems;

namespace Attune.Augmentation;

/// <summary>Rows that are treated alike, and how many new ones are wanted of them.</summary>
/// <param name="Label">Their class; empty where classes are not balanced.</param>
/// <param name="Rows">The rows, in a random order.</param>
/// <param name="Before">How many rows the class has, those that were made before among them.</param>
/// <param name="Wanted">New rows.</param>
internal sealed record AugmentClass(string Label, IReadOnlyList<SourceRow> Rows, int Before, int Wanted);

/// <summary>How many new rows are made of which.</summary>
/// <param name="Classes">The classes that are to grow, in the order of their labels.</param>
/// <param name="Unlabelled">Rows without a class.</param>
/// <param name="Field">The field that holds the class; null where none does.</param>
internal sealed record AugmentPlan(IReadOnlyList<AugmentClass> Classes, int Unlabelled, string? Field)
{
    /// <summary>N of each row, or what brings every class to the target: spread over its rows as evenly as can be, at most N of each.</summary>
    /// <param name="rows">Those that new ones may be made of.</param>
    /// <param name="made">Those that were made before: they count in their class.</param>
    /// <param name="options">What is wanted.</param>
    /// <exception cref="UserErrorException">No class needs a row, or none can be told.</exception>
    public static AugmentPlan Of(IReadOnlyList<SourceRow> rows, IReadOnlyList<MadeRow> made, AugmentOptions options)
    {
        IReadOnlyList<SourceRow> Mixed(IEnumerable<SourceRow> some) => [.. some.OrderBy(r => Mixing.Bits((ulong)options.Seed, r.Key, (ulong)r.Index)).ThenBy(static r => r.Index)];
        if (options.Balance is not { } rule)
            return new AugmentPlan([new AugmentClass("", Mixed(rows), rows.Count + made.Count, checked(rows.Count * options.Times))], 0, null);
        var labels = new RowClass(rule, rows);
        var groups = rows.GroupBy(labels.Of).Where(static g => g.Key is not null).OrderBy(static g => g.Key, StringComparer.Ordinal).ToArray();
        if (groups.Length == 0)
            throw new UserErrorException($"--balance {rule}", "no row has a class by it", "name another field, or another pattern");
        var before = made.Select(labels.Of).OfType<string>().CountBy(static c => c).ToDictionary();
        int Count(IGrouping<string?, SourceRow> g) => g.Count() + before.GetValueOrDefault(g.Key!);
        var target = options.Target ?? groups.Max(Count);
        AugmentClass[] classes = [.. groups.Where(g => Count(g) < target).Select(g => new AugmentClass(g.Key!, Mixed(g), Count(g), Math.Min(target - Count(g), checked(g.Count() * options.Times))))];
        if (classes.Length == 0)
            throw new UserErrorException($"--balance {rule}", $"every class has {target} rows or more already ({groups.Length} classes, the smallest of {groups.Min(Count)})", "give a larger --target, or leave --balance out");
        return new AugmentPlan(classes, rows.Count - groups.Sum(static g => g.Count()), labels.Field);
    }
}
