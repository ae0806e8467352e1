namespace Attune.Data;

/// <summary>How many rows are set aside for validation.</summary>
public sealed record SplitOptions
{
    /// <summary>Share of the rows, from 0 (none) to 1; one row at least is then on either side. Null: a tenth, within what follows.</summary>
    public double? Fraction { get; init; }

    /// <summary>Where no share is given: this many rows at least, but never more than a quarter of the data.</summary>
    public const int Min = 16;

    /// <summary>Where no share is given: this many rows at most, since evaluation is to cost little beside training.</summary>
    public const int Max = 256;

    /// <summary>Where no share is given: this one, within the others.</summary>
    public const double Share = 0.1;

    /// <summary>Seed of the choice.</summary>
    public ulong Seed { get; init; }
}

/// <summary>Sets a validation part aside so that near-duplicates never stand on both sides.</summary>
/// <remarks>
/// Whole groups (<see cref="Example.Group"/>) are taken in the order of a hash of seed and group. The choice therefore depends on contents
/// alone: shuffling the file changes nothing, and adding rows moves few others. Rows that augmentation made stand with their parents: they are
/// never chosen, nor counted, and those whose parents are chosen belong to neither part (<see cref="Border"/>).
/// </remarks>
public static class Splitter
{
    /// <summary>Divides the examples; both parts keep the given order. The second is empty if the data is too small to spare a group.</summary>
    public static (IReadOnlyList<Example> Train, IReadOnlyList<Example> Validation) Split(IReadOnlyList<Example> examples, SplitOptions options)
    {
        var originals = Border.Originals(examples);
        var wanted = Wanted(originals.Count, options.Fraction);
        if (wanted == 0) return (examples, []);
        var taken = new HashSet<ulong>();
        var rows = 0;
        var groups = originals.GroupBy(e => e.Group).OrderBy(g => Mixing.Bits(options.Seed, g.Key)).ThenBy(g => g.Key).ToList();
        // What was asked for is held out, if all groups are larger too.
        if (options.Fraction is not null && groups.Count > 1) wanted = Math.Max(wanted, groups.Min(static g => g.Count()));
        foreach (var group in groups)
        {
            var size = group.Count();
            // A group that would overshoot is left to training; smaller ones behind it still fill up.
            if (rows + size > wanted) continue;
            taken.Add(group.Key);
            rows += size;
            if (rows == wanted) break;
        }
        return ([.. examples.Where(e => !taken.Contains(e.Group) && !e.Kin.Any(taken.Contains))], [.. originals.Where(e => taken.Contains(e.Group))]);
    }

    private static int Wanted(int rows, double? fraction)
    {
        if (fraction is not { } share) return Math.Min(Math.Clamp((int)Math.Round(rows * SplitOptions.Share), SplitOptions.Min, SplitOptions.Max), rows / 4);
        return share <= 0 || rows < 2 ? 0 : Math.Clamp((int)Math.Round(rows * share), 1, rows - 1);
    }
}
